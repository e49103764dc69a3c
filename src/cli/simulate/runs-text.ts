import type { SimulationReport } from '#sim/report/report'
import { type Colors, duration, table } from '../output.ts'
import { percent } from './plot.ts'

const SHOWN_MAX = 40

/** Several runs: a line each, and what the worst of them was. */
export function runsLines(reports: readonly SimulationReport[], colors: Colors): string[] {
  const rows = reports.slice(0, SHOWN_MAX).map(runRow)
  const left = reports.length - rows.length
  return [
    ...table(
      colors,
      ['seed', 'nodes', 'events', 'writes', 'to every node: p50', 'p99', 'max', 'healed after'],
      rows,
    ).split('\n'),
    ...(left > 0 ? [colors.dim(`… and ${left} more`)] : []),
    '',
    worstLine(reports),
    colors.green(`✔ every checker is content with all ${reports.length} runs`),
  ]
}

function runRow({ seed, nodes, events, writes, convergence, healing }: SimulationReport): string[] {
  const { p50, p99, max } = convergence.toEveryNode
  const count = Object.values(events).reduce((sum, n) => sum + n, 0)
  return [
    String(seed),
    String(nodes),
    String(count),
    String(writes.made),
    ...[p50, p99, max, healing.tookMs].map(timeText),
  ]
}

const timeText = (ms: number | null): string => (ms === null ? '-' : duration(ms))

function worstLine(reports: readonly SimulationReport[]): string {
  const greatest = (values: readonly (number | null)[]): number => Math.max(0, ...values.map((value) => value ?? 0))
  const writes = reports.reduce((sum, report) => sum + report.writes.made, 0)
  const shares = reports.map(({ convergence }) => convergence.withinBound ?? 1)
  const slowest = duration(greatest(reports.map(({ healing }) => healing.tookMs)))
  return `${writes} writes; healed after ${slowest} at most; in the worst run ${percent(Math.min(...shares))} of the writes within the bound`
}
