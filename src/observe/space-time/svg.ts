import { dotLabel, timeLabel, valueLabel } from './label.ts'
import { type Edge, type Mark, type Meeting, meetingsBehind, type SpaceTime } from './model.ts'

const LANE_WIDTH = 110
const ROW_HEIGHT = 34
const TOP = 54
const LEFT = 110
const TEXT_GAP = 40
/** Of the monospaced font: what stands beside a row is never cut off. */
const CHARACTER_WIDTH = 7.3
const RADIUS = 6

/** Colours for a light and a dark background; the winner is told by its shape too. */
const STYLE = `text{font:12px ui-monospace,monospace;fill:#24292f}.dim{fill:#6e7781}.lane{stroke:#d0d7de}.saw{stroke:#0969da;fill:none}
.met{stroke:#bc4c00;stroke-width:2;stroke-dasharray:5 3;fill:none}.won{stroke:#1a7f37;stroke-width:2;fill:none}.stands{fill:#1a7f37}.lost{fill:#bc4c00}.replaced{fill:#6e7781}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8d96a0}.lane{stroke:#444c56}.saw{stroke:#58a6ff}.met{stroke:#f0883e}
.won{stroke:#3fb950}.stands{fill:#3fb950}.lost{fill:#f0883e}.replaced{fill:#8d96a0}}`

/** The diagram as a picture of its own: lanes downwards, a row for each update and for each meeting of concurrent ones. */
export function svgText(diagram: SpaceTime): string {
  const { lanes, marks, meetings } = diagram
  const rows = rowsOf(diagram)
  const height = TOP + rows.count * ROW_HEIGHT + 20
  const textX = LEFT + lanes.length * LANE_WIDTH + TEXT_GAP - LANE_WIDTH / 2
  const texts = [...marks.map(markText), ...meetings.map(({ explanation }) => explanation)]
  const width = Math.ceil(textX + CHARACTER_WIDTH * Math.max(20, ...texts.map(({ length }) => length)) + 20)
  const parts = [
    ...lanes.map((nodeId, i) => laneSvg(nodeId, x(i), height)),
    ...diagram.edges.map((edge) => edgeSvg(edge, marks, rows)),
    ...meetings.map((meeting) => meetingSvg(meeting, marks, rows, textX)),
    ...marks.map((mark, i) => markSvg(mark, y(rows.ofMark[i]!), textX)),
  ]
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escaped(titleOf(marks))}</title><style>${STYLE}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="saw" d="M1 1 L7 4 L1 7"/></marker></defs>
${parts.join('\n')}
</svg>
`
}

interface Rows {
  readonly count: number
  readonly ofMark: readonly number[]
  readonly ofMeeting: ReadonlyMap<Meeting, number>
}

/** A meeting stands right below the last of those that met. */
function rowsOf(diagram: SpaceTime): Rows {
  let count = 0
  const ofMeeting = new Map<Meeting, number>()
  const behind = meetingsBehind(diagram)
  const ofMark = diagram.marks.map((_, i) => {
    const row = count++
    for (const meeting of behind[i]!) ofMeeting.set(meeting, count++)
    return row
  })
  return { count, ofMark, ofMeeting }
}

const x = (lane: number): number => LEFT + lane * LANE_WIDTH
const y = (row: number): number => TOP + row * ROW_HEIGHT
const titleOf = (marks: readonly Mark[]): string => [...new Set(marks.map(({ name }) => name))].join(', ')

const laneSvg = (nodeId: string, laneX: number, height: number): string =>
  `<text x="${laneX}" y="24" text-anchor="middle">${escaped(nodeId)}</text><line class="lane" x1="${laneX}" x2="${laneX}" y1="32" y2="${height - 10}"/>`

function edgeSvg({ from, to }: Edge, marks: readonly Mark[], rows: Rows): string {
  const [x1, x2] = [x(marks[from]!.lane), x(marks[to]!.lane)]
  const [y1, y2] = [y(rows.ofMark[from]!), y(rows.ofMark[to]!)]
  const length = Math.hypot(x2 - x1, y2 - y1)
  const [dx, dy] = [((x2 - x1) / length) * (RADIUS + 2), ((y2 - y1) / length) * (RADIUS + 2)]
  const line = `M${fixed(x1 + dx)} ${fixed(y1 + dy)} L${fixed(x2 - dx)} ${fixed(y2 - dy)}`
  return `<path class="saw" marker-end="url(#arrow)" d="${line}"/>`
}

function meetingSvg(meeting: Meeting, marks: readonly Mark[], rows: Rows, textX: number): string {
  const { marks: met, winner, explanation } = meeting
  const row = y(rows.ofMeeting.get(meeting)!)
  const lanes = met.map((i) => x(marks[i]!.lane))
  const meetX = (Math.min(...lanes) + Math.max(...lanes)) / 2
  const lines = met.map(
    (i) =>
      `<path class="${i === winner ? 'won' : 'met'}" d="M${x(marks[i]!.lane)} ${y(rows.ofMark[i]!) + RADIUS} L${meetX} ${row}"/>`,
  )
  const { update } = marks[winner]!
  return `${lines.join('')}<rect class="stands" x="${meetX - 5}" y="${row - 5}" width="10" height="10" transform="rotate(45 ${meetX} ${row})"><title>${escaped(valueLabel(update))}</title></rect><text class="dim" x="${textX}" y="${row + 4}">${escaped(explanation)}</text>`
}

function markText({ update }: Mark): string {
  const reason = update.reason === null ? '' : ` ${JSON.stringify(update.reason)}`
  return `${dotLabel(update)} = ${valueLabel(update)}${reason}`
}

function markSvg(mark: Mark, markY: number, textX: number): string {
  const { lane, update, fate } = mark
  const circle = `<circle class="${fate}" cx="${x(lane)}" cy="${markY}" r="${RADIUS}"><title>${fate}</title></circle>`
  const time = `<text class="dim" x="8" y="${markY + 4}">${timeLabel(update)}</text>`
  return `${circle}${time}<text x="${textX}" y="${markY + 4}">${escaped(markText(mark))}</text>`
}

const fixed = (n: number): string => String(Math.round(n * 10) / 10)

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has none of them, escaped neither
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(NOT_XML, '�')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!)
