import { type Machine, machineLine } from './machine.ts'
import type { BurstFigures, LatencyFigures } from './measure.ts'
import { median } from './statistics.ts'
import { SYSTEMS, type SystemName } from './systems.ts'

/** `started`: processes that have just formed their mesh. `warm`: the same ones 90,000 updates later. */
export const STAGES = ['started', 'warm'] as const
export type Stage = (typeof STAGES)[number]

export interface Figures {
  readonly latency: LatencyFigures
  /** every call in a turn of the event loop of its own, as when each update has another cause */
  readonly single: BurstFigures
  /** many calls in one turn, as in a loop: sockets then join what waits */
  readonly bunched: BurstFigures
}

export interface Round extends Readonly<Record<Stage, Figures>> {
  readonly round: number
  readonly system: SystemName
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
  readonly single: BurstSummary
  readonly bunched: BurstSummary
  /** what else ran on the machine during the worst job: distrust the row when it is much */
  readonly otherLoadCoresMax: number
}

export interface BurstSummary {
  /** NaN when a round did not converge */
  readonly updatesPerSecond: number
  readonly rangePerSecond: readonly [number, number]
  readonly cpuMs: number
}

export interface Aim {
  readonly what: string
  readonly bound: string
  readonly ratios: Readonly<Record<Stage, number>>
  /** warm */
  readonly reached: boolean
}

export interface BenchResult {
  readonly machine: Machine
  readonly at: string
  readonly nodes: number
  readonly rounds: readonly Round[]
  readonly stages: Stages
  readonly aims: readonly Aim[]
}

export type Stages = Readonly<Record<Stage, readonly Summary[]>>

export function summarizeStages(systems: readonly SystemName[], rounds: readonly Round[]): Stages {
  const summaries = (stage: Stage): Summary[] =>
    systems.map((system) => {
      const own = rounds.filter((round) => round.system === system)
      return summarize(
        system,
        own.map((round) => round[stage]),
      )
    })
  return { started: summaries('started'), warm: summaries('warm') }
}

function summarize(system: SystemName, all: readonly Figures[]): Summary {
  const latency = <Key extends keyof LatencyFigures>(key: Key) => all.map((figures) => figures.latency[key])
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
    single: summarizeBurst(all.map(({ single }) => single)),
    bunched: summarizeBurst(all.map(({ bunched }) => bunched)),
    otherLoadCoresMax: Math.max(...all.map(otherLoadOfStage)),
  }
}

function summarizeBurst(bursts: readonly BurstFigures[]): BurstSummary {
  const perSecond = bursts.map(({ updatesPerSecond }) => updatesPerSecond ?? Number.NaN)
  return {
    updatesPerSecond: perSecond.some(Number.isNaN) ? Number.NaN : median(perSecond),
    rangePerSecond: range(perSecond),
    cpuMs: median(bursts.map(({ cpuMs }) => cpuMs)),
  }
}

const otherLoadOfStage = ({ latency, single, bunched }: Figures): number =>
  Math.max(latency.otherLoadCores, single.otherLoadCores, bunched.otherLoadCores)

/** Cores that something else used during the worst job of a round. */
export const otherLoadOf = (round: Round): number => Math.max(...STAGES.map((stage) => otherLoadOfStage(round[stage])))

const range = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]

/** The aims of the project, as ratios to the TLS floor of the same run. Printed, never asserted. */
export function aimsOf(stages: Stages): Aim[] {
  const ratios = (figure: (summary: Summary) => number): Aim['ratios'] => ({
    started: ratio(stages.started, figure),
    warm: ratio(stages.warm, figure),
  })
  const p50 = ratios((summary) => summary.p50Ms)
  const p99 = ratios((summary) => summary.p99Ms)
  const throughput = ratios((summary) => summary.single.updatesPerSecond)
  return [
    { what: 'latency p50', bound: 'at most 1.15', ratios: p50, reached: p50.warm <= 1.15 },
    { what: 'latency p99', bound: 'at most 1.5', ratios: p99, reached: p99.warm <= 1.5 },
    { what: 'single updates per second', bound: 'at least 1.5', ratios: throughput, reached: throughput.warm >= 1.5 },
  ]
}

function ratio(summaries: readonly Summary[], figure: (summary: Summary) => number): number {
  const of = (name: SystemName): number => {
    const summary = summaries.find(({ system }) => system === name)
    return summary ? figure(summary) : Number.NaN
  }
  return of('configsync') / of('tls')
}

const STAGE_TITLES: Readonly<Record<Stage, string>> = {
  started: 'Processes that have just formed their mesh',
  warm: 'The same processes after 90,000 updates more',
}

export function printReport(result: BenchResult): string {
  const rounds = Math.max(...result.rounds.map(({ round }) => round))
  return [
    `Machine: ${machineLine(result.machine)}. ${result.nodes} processes on loopback, medians of ${rounds} alternating rounds.`,
    ...STAGES.map((stage) => stageReport(result, stage)),
    'ConfigSync as a ratio to the bare mutual-TLS broadcast',
    aimTable(result.aims),
  ].join('\n\n')
}

function stageReport({ nodes, stages }: BenchResult, stage: Stage): string {
  const latencyHead = [
    'latency',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'max ms',
    'p50 range',
    'p99 range',
    'incomplete',
    'CPU ms/write',
  ]
  const burstHead = [
    'updates per second',
    'single',
    'range',
    'CPU ms',
    'bunched',
    'range',
    'CPU ms',
    'other load, cores',
  ]
  return [
    `## ${STAGE_TITLES[stage]}`,
    `Latency: from just before a write until the last of the ${nodes} processes has it.`,
    markdownTable(latencyHead, stages[stage].map(latencyRow)),
    'Bursts: until every process holds the last value of every parameter. Single: every call in a turn of its own; bunched: 64 calls in a turn.',
    markdownTable(burstHead, stages[stage].map(burstRow)),
  ].join('\n\n')
}

const latencyRow = (s: Summary): string[] => [
  s.title,
  ...[s.p50Ms, s.p95Ms, s.p99Ms, s.maxMs].map((value) => value.toFixed(2)),
  ...[s.p50RangeMs, s.p99RangeMs].map(([least, most]) => `${least.toFixed(2)}…${most.toFixed(2)}`),
  String(s.incomplete),
  s.cpuMsPerWrite.toFixed(1),
]

const burstRow = (s: Summary): string[] => [
  s.title,
  ...[s.single, s.bunched].flatMap((burst) => [
    whole(burst.updatesPerSecond),
    burst.rangePerSecond.map(whole).join('…'),
    whole(burst.cpuMs),
  ]),
  s.otherLoadCoresMax.toFixed(2),
]

const aimTable = (aims: readonly Aim[]): string =>
  markdownTable(
    ['ratio', 'aim', 'just started', 'warm', ''],
    aims.map(({ what, bound, ratios, reached }) => [
      what,
      bound,
      ratios.started.toFixed(2),
      ratios.warm.toFixed(2),
      reached ? 'reached' : 'not reached',
    ]),
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
