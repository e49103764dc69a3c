import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import type { BurstJob, LatencyJob } from './jobs.ts'
import { machineCpuMs, nowMs } from './machine.ts'
import { ascending, quantile } from './statistics.ts'

/** Time from just before a write until the last of all nodes, the writer included, has it. Milliseconds. */
export interface LatencyFigures {
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** writes that some node did not have by the deadline; they are in no quantile */
  readonly incomplete: number
  /** how late the writers made their writes, 99th percentile: the clock starts at the actual write */
  readonly writerLateP99Ms: number
  /** of all nodes' processes together, for one write */
  readonly cpuMsPerWrite: number
  /** cores that everything else on the machine used meanwhile */
  readonly otherLoadCores: number
}

export interface BurstFigures {
  /** undefined when some node lacked the last value of some parameter at the deadline */
  readonly updatesPerSecond: number | undefined
  readonly elapsedMs: number | undefined
  /** until the last writer had made its last call */
  readonly issuedMs: number
  readonly cpuMs: number
  readonly otherLoadCores: number
}

/** Long enough for every process to have got the job. */
const START_DELAY_MS = 500
const LATENCY_GRACE_MS = 10_000
const BURST_DEADLINE_MS = 60_000
const CALL_GRACE_MS = 10_000

export type LatencyOptions = Pick<LatencyJob, 'nodes' | 'writes' | 'intervalMs' | 'base'>

export async function measureLatency(cluster: Cluster, options: LatencyOptions): Promise<LatencyFigures> {
  const startAtMs = nowMs() + START_DELAY_MS
  const durationMs = options.writes * options.intervalMs + LATENCY_GRACE_MS
  const job: LatencyJob = { ...options, startAtMs, deadlineMs: startAtMs + durationMs }
  const others = await otherLoad(startAtMs)
  const answers = await cluster.each('latency', job, durationMs + CALL_GRACE_MS)
  const cpuMs = sum(answers.map((answer) => answer.cpuMs))
  const latencies: number[] = []
  const late: number[] = []
  for (const [write, sentAtMs] of answers.flatMap((answer) => answer.sent)) {
    late.push(sentAtMs - (startAtMs + write * options.intervalMs))
    const held = answers.map((answer) => answer.heldAtMs[write]!)
    if (!held.includes(0)) latencies.push(Math.max(...held) - sentAtMs)
  }
  const sorted = ascending(latencies)
  return {
    p50Ms: quantile(sorted, 0.5),
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
    maxMs: quantile(sorted, 1),
    incomplete: options.writes - latencies.length,
    writerLateP99Ms: quantile(ascending(late), 0.99),
    cpuMsPerWrite: cpuMs / options.writes,
    otherLoadCores: others(cpuMs),
  }
}

export type BurstOptions = Pick<BurstJob, 'parameters' | 'rounds' | 'writers' | 'base' | 'callsPerTurn'>

export async function measureBurst(cluster: Cluster, options: BurstOptions): Promise<BurstFigures> {
  const startAtMs = nowMs() + START_DELAY_MS
  const job: BurstJob = { ...options, startAtMs, deadlineMs: startAtMs + BURST_DEADLINE_MS }
  const others = await otherLoad(startAtMs)
  const answers = await cluster.each('burst', job, BURST_DEADLINE_MS + CALL_GRACE_MS)
  const cpuMs = sum(answers.map((answer) => answer.cpuMs))
  const startedAtMs = Math.min(...options.writers.map((writer) => answers[writer]!.startedAtMs))
  const converged = answers.map((answer) => answer.convergedAtMs)
  const elapsedMs = converged.every((at) => at !== undefined) ? Math.max(...converged) - startedAtMs : undefined
  return {
    updatesPerSecond: elapsedMs && (options.parameters * options.rounds * 1000) / elapsedMs,
    elapsedMs,
    issuedMs: Math.max(...answers.map((answer) => answer.issuedAtMs ?? 0)) - startedAtMs,
    cpuMs,
    otherLoadCores: others(cpuMs),
  }
}

/** Starts to watch the machine shortly before `atMs`; the result tells the cores used by others, given our own CPU. */
async function otherLoad(atMs: number): Promise<(ownMs: number) => number> {
  // the job is sent only after this wait, still in time: it starts at `atMs`
  await sleep(Math.max(0, atMs - nowMs() - START_DELAY_MS / 2))
  const beforeMs = machineCpuMs()
  const sinceMs = nowMs()
  return (ownMs) => Math.max(0, machineCpuMs() - beforeMs - ownMs) / (nowMs() - sinceMs)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
