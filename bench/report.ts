import { type Machine, machineLine } from './machine.ts'
import type { BurstFigures, LatencyFigures } from './measure.ts'
import { median } from './statistics.ts'
import { SYSTEMS, type SystemName } from './systems.ts'

export interface Round {
  readonly round: number
  readonly system: SystemName
  readonly latency: LatencyFigures
  readonly burst: BurstFigures
}

/** The figures of one system over all rounds: medians, and the range of what varies most. */
export interface Summary {
  readonly system: SystemName
  readonly title: string
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** the worst of all rounds */
  readonly maxMs: number
  readonly p50RangeMs: readonly [number, number]
  readonly p99RangeMs: readonly [number, number]
  readonly incomplete: number
  readonly cpuMsPerWrite: number
  /** NaN when a round did not converge */
  readonly updatesPerSecond: number
  readonly updatesPerSecondRange: readonly [number, number]
  readonly burstCpuMs: number
  readonly otherLoadCoresMax: number
}

export interface Aim {
  readonly what: string
  readonly bound: string
  readonly ratio: number
  readonly reached: boolean
}

export interface BenchResult {
  readonly machine: Machine
  readonly at: string
  readonly nodes: number
  readonly rounds: readonly Round[]
  readonly summaries: readonly Summary[]
  readonly aims: readonly Aim[]
}

export function summarize(system: SystemName, rounds: readonly Round[]): Summary {
  const latency = <Key extends keyof LatencyFigures>(key: Key) => rounds.map((round) => round.latency[key])
  const perSecond = rounds.map((round) => round.burst.updatesPerSecond ?? Number.NaN)
  return {
    system,
    title: SYSTEMS[system].title,
    p50Ms: median(latency('p50Ms')),
    p95Ms: median(latency('p95Ms')),
    p99Ms: median(latency('p99Ms')),
    maxMs: Math.max(...latency('maxMs')),
    p50RangeMs: range(latency('p50Ms')),
    p99RangeMs: range(latency('p99Ms')),
    incomplete: latency('incomplete').reduce((total, writes) => total + writes, 0),
    cpuMsPerWrite: median(latency('cpuMsPerWrite')),
    updatesPerSecond: perSecond.some(Number.isNaN) ? Number.NaN : median(perSecond),
    updatesPerSecondRange: range(perSecond),
    burstCpuMs: median(rounds.map((round) => round.burst.cpuMs)),
    otherLoadCoresMax: Math.max(...latency('otherLoadCores'), ...rounds.map((round) => round.burst.otherLoadCores)),
  }
}

const range = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]

/** The aims of the project, as ratios to the TLS floor of the same run. Printed, never asserted. */
export function aimsOf(summaries: readonly Summary[]): Aim[] {
  const floor = summaries.find((summary) => summary.system === 'tls')
  const ours = summaries.find((summary) => summary.system === 'configsync')
  if (!floor || !ours) return []
  const p50 = ours.p50Ms / floor.p50Ms
  const p99 = ours.p99Ms / floor.p99Ms
  const throughput = ours.updatesPerSecond / floor.updatesPerSecond
  return [
    { what: 'latency p50', bound: 'at most 1.15', ratio: p50, reached: p50 <= 1.15 },
    { what: 'latency p99', bound: 'at most 1.5', ratio: p99, reached: p99 <= 1.5 },
    { what: 'updates per second', bound: 'at least 1.5', ratio: throughput, reached: throughput >= 1.5 },
  ]
}

export function printReport(result: BenchResult): string {
  const latencyHead = [
    'system',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'max ms',
    'p50 range',
    'p99 range',
    'incomplete',
    'CPU ms/write',
  ]
  const burstHead = ['system', 'updates/s', 'range', 'CPU ms', 'other load, cores (worst)']
  return [
    `Machine: ${machineLine(result.machine)}. ${result.nodes} processes on loopback, medians of ${rounds(result)} alternating rounds.`,
    '',
    `Latency: from just before a write until the last of the ${result.nodes} processes has it`,
    '',
    markdownTable(latencyHead, result.summaries.map(latencyRow)),
    '',
    'Burst: updates per second until every process holds the last value of every parameter',
    '',
    markdownTable(burstHead, result.summaries.map(burstRow)),
    '',
    ...(result.aims.length > 0 ? ['Beside the bare mutual-TLS broadcast', '', aimTable(result.aims)] : []),
  ].join('\n')
}

const rounds = (result: BenchResult): number => Math.max(...result.rounds.map((round) => round.round))

const latencyRow = (s: Summary): string[] => [
  s.title,
  ...[s.p50Ms, s.p95Ms, s.p99Ms, s.maxMs].map((value) => value.toFixed(2)),
  ...[s.p50RangeMs, s.p99RangeMs].map(([least, most]) => `${least.toFixed(2)}…${most.toFixed(2)}`),
  String(s.incomplete),
  s.cpuMsPerWrite.toFixed(1),
]

const burstRow = (s: Summary): string[] => [
  s.title,
  whole(s.updatesPerSecond),
  s.updatesPerSecondRange.map(whole).join('…'),
  whole(s.burstCpuMs),
  s.otherLoadCoresMax.toFixed(2),
]

const aimTable = (aims: readonly Aim[]): string =>
  markdownTable(
    ['ratio of ConfigSync to it', 'aim', 'measured', ''],
    aims.map((aim) => [aim.what, aim.bound, aim.ratio.toFixed(2), aim.reached ? 'reached' : 'not reached']),
  )

export const whole = (value: number): string => (Number.isNaN(value) ? '–' : Math.round(value).toLocaleString('en-US'))

/** A table that reads well on a terminal and in a document. First column left, the others right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
