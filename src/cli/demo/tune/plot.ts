import type { Colors } from '../../output.ts'
import type { CourseMark, CoursePoint } from './course.ts'

export interface PlotSize {
  readonly columns: number
  /** of the bars; the axis and its marks are two lines more */
  readonly rows: number
}

const LEVELS = ' ▁▂▃▄▅▆▇█'
const EIGHTHS = 8
const LABEL_COLUMNS = 9
/** The lowest line of the plot, as a share of the goal: what is below is well. */
const FLOOR_RATIO = 1 / 8
const SECONDS_BETWEEN_LABELS = 10
/** One column has room for one: the rarest. */
const MARKS: readonly (readonly [CourseMark, string])[] = [
  ['kill', '✗'],
  ['load', '◆'],
  ['revert', '▼'],
  ['adjust', '▲'],
]

/**
 * p95 over time as bars, a column for each second, the latest on the right; on a logarithmic scale, because trouble is ten times
 * the goal. Below them what happened when.
 */
export function plotLines(points: readonly CoursePoint[], goal: number, size: PlotSize, colors: Colors): string[] {
  const shown = points.slice(-Math.max(1, size.columns - LABEL_COLUMNS - 1))
  const scale = scaleOf(shown, goal, size.rows)
  const goalRow = size.rows - 1 - Math.min(size.rows - 1, Math.floor(scale.height(goal) / EIGHTHS))
  const lines = Array.from({ length: size.rows }, (_, row) => {
    const cells = shown.map((point) => cellOf(point, goal, row, row === goalRow, size.rows, scale, colors))
    const label = row === goalRow ? `${goal} ms` : row === 0 ? `${Math.round(scale.top)} ms` : ''
    return `${label.padStart(LABEL_COLUMNS - 1)} ${row === goalRow ? '┤' : '│'}${cells.join('')}`
  })
  return [...lines, axisLine(shown, colors), secondsLine(shown)]
}

interface Scale {
  readonly top: number
  /** in eighths of a row */
  height(p95: number): number
}

function scaleOf(points: readonly CoursePoint[], goal: number, rows: number): Scale {
  const floor = Math.log(goal * FLOOR_RATIO)
  const top = Math.max(goal * 2, ...points.map(({ p95 }) => p95 ?? 0))
  const eighths = (rows * EIGHTHS) / (Math.log(top) - floor)
  return { top, height: (p95) => Math.max(1, Math.round((Math.log(p95) - floor) * eighths)) }
}

function cellOf(
  { p95 }: CoursePoint,
  goal: number,
  row: number,
  isGoalRow: boolean,
  rows: number,
  scale: Scale,
  colors: Colors,
): string {
  const above = p95 === undefined ? 0 : scale.height(p95) - (rows - 1 - row) * EIGHTHS
  if (above <= 0) return isGoalRow ? colors.dim('┄') : ' '
  const bar = LEVELS[Math.min(EIGHTHS, above)]!
  return p95! <= goal ? colors.green(bar) : colors.red(bar)
}

function axisLine(points: readonly CoursePoint[], colors: Colors): string {
  const marks = points.map(({ marks: of }) => MARKS.find(([mark]) => of.includes(mark))?.[1])
  const cells = marks.map((sign) => (sign === undefined ? '─' : colors.yellow(sign)))
  return `${' '.repeat(LABEL_COLUMNS)}└${cells.join('')}`
}

/** The time of every tenth second under its column. */
function secondsLine(points: readonly CoursePoint[]): string {
  let text = ' '.repeat(LABEL_COLUMNS + 1)
  for (const [i, { atS }] of points.entries()) {
    const second = Math.round(atS)
    if (second % SECONDS_BETWEEN_LABELS === 0 && text.length <= LABEL_COLUMNS + 1 + i)
      text = `${text.padEnd(LABEL_COLUMNS + 1 + i)}${second} s`
  }
  return text
}

export const MARK_HELP = MARKS.map(([mark, sign]) => `${sign} ${wordOf(mark)}`)
  .reverse()
  .join('  ')

function wordOf(mark: CourseMark): string {
  if (mark === 'adjust') return 'adjusted'
  if (mark === 'revert') return 'taken back'
  return mark === 'load' ? 'load changed' : 'node killed'
}
