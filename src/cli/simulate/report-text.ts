import type { SimulationReport } from '#sim/report/report'
import type { Percentiles } from '#sim/report/samples'
import { type Colors, duration, table } from '../output.ts'
import { percent, spreadPlot } from './plot.ts'

/** A report as lines for people. */
export function reportLines(report: SimulationReport, columns: number, colors: Colors): string[] {
  const { convergence } = report
  return [
    ...headLines(report, colors),
    '',
    ...spreadTable(report, colors).split('\n'),
    ...(convergence.spread.length > 0 ? ['', ...spreadPlot(convergence.spread, columns, colors)] : []),
    '',
    ...trafficTable(report, colors).split('\n'),
    '',
    ...table(colors, [], factRows(report, colors)).split('\n'),
    '',
    verdict(report, colors),
  ]
}

function headLines({ nodes, seed, simulatedMs, events, writes }: SimulationReport, colors: Colors): string[] {
  const { write = 0, link = 0, ...faults } = events
  const counted = Object.entries(faults).map(([kind, count]) => `${count} × ${kind}`)
  return [
    `${colors.bold(`${nodes} nodes, seed ${seed}`)}: ${seconds(simulatedMs)} simulated, ${writes.made} writes`,
    ...(counted.length > 0 ? [colors.dim(`what happened: ${counted.join(', ')}`)] : []),
  ]
}

function spreadTable({ convergence, heartbeatIntervalMs }: SimulationReport, colors: Colors): string {
  const row = (title: string, { p50, p90, p99, max }: Percentiles): string[] => [
    title,
    ...[p50, p90, p99, max].map((ms) => timeText(ms, heartbeatIntervalMs)),
  ]
  return table(
    colors,
    ['from a write', 'p50', 'p90', 'p99', 'max'],
    [row('to a node', convergence.toOneNode), row('to every node', convergence.toEveryNode)],
  )
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`

/** Beyond a tenth of H in H too, in which the promises are. */
function timeText(ms: number | null, h: number): string {
  if (ms === null) return '-'
  return ms < h / 10 ? duration(ms) : `${duration(ms)} (${(ms / h).toFixed(2)} H)`
}

function trafficTable({ traffic }: SimulationReport, colors: Colors): string {
  const rows = Object.entries(traffic.sent)
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(([type, { messages, bytes }]) => [type, rate(messages), rate(bytes)])
  return table(
    colors,
    ['per node and second', 'messages', 'bytes'],
    [...rows, ['received, in frames', rate(traffic.received.frames), rate(traffic.received.bytes)]],
  )
}

const rate = (figure: number): string => (figure < 10 ? figure.toFixed(2) : String(Math.round(figure)))

function factRows(report: SimulationReport, colors: Colors): string[][] {
  const { convergence, healing, writes, repairs, removals, damagedFrames } = report
  const h = report.heartbeatIntervalMs
  const facts: [string, string][] = [
    ['writes', `${writes.acknowledged} of ${writes.made} acknowledged${excusedText(writes.excused)}`],
    [`within ${convergence.boundMs / h} H`, withinText(report)],
    [
      'healed',
      healing.tookMs === null
        ? `not within ${healing.boundMs / h} H`
        : `all equal ${healing.tookMs === 0 ? 'at once' : `after ${timeText(healing.tookMs, h)}`}, bound ${healing.boundMs / h} H`,
    ],
    [
      'repairs',
      `${repairs.pulls} pulls, ${repairs.broadcasts} repair broadcasts, ${repairs.fullExchanges} full exchanges`,
    ],
    ['conflicts', `${report.conflicts}, each node counted`],
    ['removals', `${removals.false} false, ${removals.excused} that a fault explains`],
    ['coordinator', report.reigns === 1 ? 'one reign' : `${report.reigns} reigns`],
    ['divergences', String(report.divergences)],
  ]
  if (damagedFrames.received > 0)
    facts.push(['damaged frames', `${damagedFrames.refused} of ${damagedFrames.received} refused`])
  return facts.map(([label, value]) => [colors.dim(label), value])
}

const excusedText = (excused: number): string =>
  excused === 0 ? '' : `, ${excused} lost with all who had them, as their stores allow`

function withinText({ convergence: { withinBound, unfinished } }: SimulationReport): string {
  if (withinBound === null) return 'nothing was written'
  const rest = unfinished === 0 ? '' : `; ${unfinished} had not when the faults ended`
  return `${percent(withinBound)} of the writes had reached every node that stayed up${rest}`
}

function verdict({ passed, failures }: SimulationReport, colors: Colors): string {
  if (passed) return colors.green('✔ every checker is content')
  return failures
    .map(({ checker, atMs, what }) => colors.red(`✘ ${checker}, ${(atMs / 1_000).toFixed(3)} s: ${what}`))
    .join('\n')
}
