import type { SpreadPoint } from '#sim/report/report'
import { type Colors, duration } from '../output.ts'

/** From nothing to a whole character, in eighths. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const
const LABEL_COLUMNS = 8
const FIGURE_COLUMNS = 18
const BAR_COLUMNS_MIN = 10
const BAR_COLUMNS_MAX = 60

/** How writes spread, as bars: after each time the share of nodes that had a write, and of writes that every node had. */
export function spreadPlot(spread: readonly SpreadPoint[], columns: number, colors: Colors): string[] {
  const width = Math.max(BAR_COLUMNS_MIN, Math.min(BAR_COLUMNS_MAX, columns - LABEL_COLUMNS - FIGURE_COLUMNS - 3))
  const head = `${''.padStart(LABEL_COLUMNS)}  ${''.padEnd(width)} ${'nodes'.padStart(8)} ${'writes'.padStart(8)}`
  const rows = telling(spread).map(({ ms, nodes, writes }) => {
    const bar = bars(nodes, writes, width, colors)
    return `${duration(ms).padStart(LABEL_COLUMNS)}  ${bar} ${percent(nodes).padStart(8)} ${percent(writes).padStart(8)}`
  })
  return [colors.dim(head), ...rows]
}

/** Steps at which a bar moves; the first and the last in any case. */
function telling(spread: readonly SpreadPoint[]): SpreadPoint[] {
  const kept: SpreadPoint[] = []
  for (const point of spread) {
    const last = kept.at(-1)
    const moves = last === undefined || point.nodes - last.nodes + point.writes - last.writes >= 0.02
    if (moves || point === spread.at(-1)) kept.push(point)
  }
  return kept
}

/** One bar behind the other: every node has what is full, some nodes have what is light. */
function bars(nodes: number, writes: number, width: number, colors: Colors): string {
  const full = bar(writes, width)
  const rest = bar(nodes, width).slice(full.length).replace(/./gu, '░')
  return colors.green(full) + colors.cyan(rest) + ' '.repeat(width - full.length - rest.length)
}

/** `share` of `width` characters, to an eighth of one. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8)
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]
}

/** Never 100 % when something is lacking. */
export function percent(share: number): string {
  const rounded = Math.round(share * 1_000) / 10
  return `${(share < 1 && rounded === 100 ? 99.9 : rounded).toFixed(1)} %`
}
