import { type Colors, printable } from '../../output.ts'
import { cutToWidth, type ScreenSize } from '../../screen-line.ts'
import type { CoursePoint, SeenAdjustment } from './course.ts'
import { MARK_HELP, plotLines } from './plot.ts'
import { adjustmentText, limitsText } from './tune-text.ts'

/** Everything that the screen of `demo --tune` shows. */
export interface TuneView {
  readonly goalMs: number
  readonly points: readonly CoursePoint[]
  readonly adjustments: readonly SeenAdjustment[]
  readonly running: number
  readonly nodes: number
  /** of each node */
  readonly clients: number
  /** what is waited for now, or what came of it */
  readonly doing: string
  /** `configsync`, as the user must type it here, and the address of a node that lives */
  readonly command: string
  readonly http: string
}

const PLOT_ROWS_MIN = 4
const PLOT_ROWS_MAX = 16
const KEYS: readonly (readonly [key: string, meaning: string])[] = [
  ['l', 'other load'],
  ['k', 'kill the coordinator'],
  ['q', 'quit'],
]

/** The screen as lines: at most `rows` of at most `columns` characters. */
export function renderTuneScreen(view: TuneView, { columns, rows }: ScreenSize, colors: Colors): string[] {
  const head = headLines(view, colors)
  const foot = footLines(view, colors)
  const free = Math.max(0, rows - head.length - foot.length - 4)
  const plotRows = Math.max(PLOT_ROWS_MIN, Math.min(PLOT_ROWS_MAX, Math.floor((free * 2) / 3)))
  const plot = plotLines(view.points, view.goalMs, { columns: columns - 1, rows: plotRows }, colors)
  const said = view.adjustments.slice(-Math.max(1, free - plotRows - 1)).map((one) => adjustmentLine(one, colors))
  return [...head, '', ...plot, '', ...said, ...foot].slice(0, rows).map((line) => cutToWidth(` ${line}`, columns))
}

function headLines({ goalMs, points, running, nodes, clients }: TuneView, colors: Colors): string[] {
  const latest = points.at(-1)
  const limits = latest?.limits ?? []
  const by = limits.map(limitsText)
  const agreed = limits.length === 1 ? colors.green('on every node') : colors.yellow('spreading …')
  const p95 = latest?.p95
  const met = p95 !== undefined && p95 <= goalMs
  const measured = p95 === undefined ? 'too few jobs' : `${Math.round(p95)} ms`
  return [
    `${colors.bold('ConfigSync AutoTuner')}  ${running} of ${nodes} nodes, a worker pool each, one downstream for all`,
    `p95 ${met ? colors.green(measured) : colors.red(measured)}, goal ${goalMs} ms   ${latest?.jobs ?? 0} jobs/s of ${clients * running} clients   ${by.join(' or ')} ${limits.length === 0 ? '' : agreed}`,
  ]
}

const adjustmentLine = (adjustment: SeenAdjustment, colors: Colors): string =>
  `${colors.dim(`${adjustment.atS.toFixed(0).padStart(4)} s`)} ${printable(adjustmentText(adjustment))}`

function footLines({ doing, command, http }: TuneView, colors: Colors): string[] {
  return [
    '',
    `${colors.yellow('…')} ${doing}`,
    colors.dim(MARK_HELP),
    colors.dim(`elsewhere: ${command} tuner explain --http ${http}`),
    KEYS.map(([key, meaning]) => `${colors.inverse(` ${key} `)} ${meaning}`).join('  '),
  ]
}
