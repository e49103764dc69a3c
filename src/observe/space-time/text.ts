import { dotLabel, timeLabel, valueLabel } from './label.ts'
import { causesOf, type Mark, type Meeting, meetingsBehind, type SpaceTime } from './model.ts'

/** What the lines of a diagram are made of, so that a terminal can colour each part. */
export interface DiagramLine {
  /** when, by the writer's clock; empty for a meeting */
  readonly time: string
  /** the lanes, with marks and arrows: as wide on each line */
  readonly lanes: string
  readonly text: string
  readonly kind: 'head' | Mark['fate'] | 'meeting'
}

const LANE_WIDTH_MIN = 8
const FATE_MARKS: Readonly<Record<Mark['fate'], string>> = { stands: '●', lost: '○', replaced: '•' }

/**
 * The diagram as lines of text, a lane downwards for each node: `●` stands, `○` lost to a concurrent one, `•` was replaced; an
 * arrow comes from each lane whose write its writer had seen, and `═` joins those that met without knowing of each other,
 * with `◆` below the winner.
 */
export function diagramLines(diagram: SpaceTime): DiagramLine[] {
  const { lanes, marks } = diagram
  const [causesOfMark, meetings] = [causesOf(diagram), meetingsBehind(diagram)]
  const width = Math.max(LANE_WIDTH_MIN, ...lanes.map(({ length }) => length + 2))
  const several = new Set(marks.map(({ name }) => name)).size > 1
  const begun = new Set<number>()
  const lines: DiagramLine[] = [{ time: '', lanes: headText(lanes, width), text: '', kind: 'head' }]
  marks.forEach((mark, i) => {
    const causes = causesOfMark[i]!.map((cause) => marks[cause]!)
    begun.add(mark.lane)
    const canvas = new LaneCanvas(lanes.length, width, begun)
    for (const { lane } of causes) if (lane !== mark.lane) canvas.arrow(lane, mark.lane)
    canvas.put(mark.lane, FATE_MARKS[mark.fate])
    const text = markText(mark, causes, several)
    lines.push({ time: timeLabel(mark.update), lanes: canvas.text(), text, kind: mark.fate })
    for (const meeting of meetings[i]!)
      lines.push(meetingLine(meeting, marks, new LaneCanvas(lanes.length, width, begun)))
  })
  return lines
}

/** A name stands around the middle of its lane. */
function headText(lanes: readonly string[], width: number): string {
  return lanes.map((nodeId) => nodeId.padStart(Math.floor((width + nodeId.length) / 2)).padEnd(width)).join('')
}

function markText({ name, update }: Mark, causes: readonly Mark[], several: boolean): string {
  const what = `${dotLabel(update)}  ${several ? `${name} = ` : ''}${valueLabel(update)}`
  const priority = update.priority === 0 ? '' : `  priority ${update.priority}`
  const reason = update.reason === null ? '' : `  ${JSON.stringify(update.reason)}`
  const seen = causes.length === 0 ? '' : `  (had seen ${causes.map((cause) => dotLabel(cause.update)).join(', ')})`
  return `${what}${priority}${reason}${seen}`
}

function meetingLine(
  { marks: met, winner, explanation }: Meeting,
  marks: readonly Mark[],
  canvas: LaneCanvas,
): DiagramLine {
  const lanes = met.map((i) => marks[i]!.lane)
  canvas.join(Math.min(...lanes), Math.max(...lanes))
  for (const lane of lanes) canvas.put(lane, '╪')
  canvas.put(marks[winner]!.lane, '◆')
  return { time: '', lanes: canvas.text(), text: explanation, kind: 'meeting' }
}

/** One line of lanes, drawn upon. */
class LaneCanvas {
  readonly #cells: string[]
  readonly #width: number

  constructor(lanes: number, width: number, begun: ReadonlySet<number>) {
    this.#width = width
    this.#cells = Array.from({ length: lanes * width }, () => ' ')
    for (const lane of begun) this.put(lane, '│')
  }

  put(lane: number, character: string): void {
    this.#cells[this.#at(lane)] = character
  }

  /** From a lane to the one before or behind the mark, over those between them. */
  arrow(from: number, to: number): void {
    const [start, end] = [this.#at(from), this.#at(to)]
    const step = start < end ? 1 : -1
    this.#cells[start] = step > 0 ? '├' : '┤'
    for (let i = start + step; i !== end; i += step)
      this.#cells[i] = this.#cells[i] === '│' ? '┼' : this.#cells[i] === ' ' ? '─' : this.#cells[i]!
    this.#cells[end - step] = step > 0 ? '▶' : '◀'
  }

  join(from: number, to: number): void {
    for (let i = this.#at(from); i <= this.#at(to); i++) this.#cells[i] = this.#cells[i] === '│' ? '╪' : '═'
  }

  text(): string {
    return this.#cells.join('')
  }

  #at(lane: number): number {
    return lane * this.#width + Math.floor((this.#width - 1) / 2)
  }
}
