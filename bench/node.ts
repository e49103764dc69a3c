/** One node of the bench in its own process: obeys the coordinator (cluster.ts) over the channel of its fork. */
import { type BurstJob, type FillJob, JobRunner, type LatencyJob } from './jobs.ts'
import { type JoinAnswer, type JoinJob, joinLate } from './late-joiner.ts'
import { ownCpuMs } from './machine.ts'
import { profiled } from './profile.ts'
import type { BenchNode, OpenOptions } from './system.ts'
import { SYSTEMS, type SystemName } from './systems.ts'

export interface NodeCalls {
  open: (options: Omit<OpenOptions, 'onValue'> & { readonly system: SystemName }) => Promise<string>
  join: (addresses: readonly string[]) => Promise<void>
  latency: (job: LatencyJob) => ReturnType<JobRunner['latency']>
  burst: (job: BurstJob) => ReturnType<JobRunner['burst']>
  fill: (job: FillJob) => ReturnType<JobRunner['fill']>
  /** Resolves once the modules are loaded. */
  loaded: () => Promise<void>
  /** In place of `open` and `join`: a fresh node takes over what the others hold. */
  joinLate: (job: JoinJob & { readonly system: SystemName }) => Promise<JoinAnswer>
  /** Milliseconds of CPU that this node has used. */
  cpuMs: () => Promise<number>
  close: () => Promise<void>
}

export interface Call {
  readonly id: number
  readonly name: keyof NodeCalls
  readonly argument: unknown
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: string }

let node: BenchNode
let jobs: JobRunner
let label: string
/** One that writes in a burst and one that only reads: sixteen profilers would measure each other. */
const PROFILED_NODES = 2
let profiling = false

const calls: NodeCalls = {
  async open({ system, ...options }) {
    label = `${system}-${options.index}`
    profiling = options.index < PROFILED_NODES
    jobs = new JobRunner(options.index)
    node = await SYSTEMS[system].open({ ...options, onValue: jobs.onValue })
    return node.address
  },
  join: (addresses) => node.join(addresses),
  latency: (job) => profiled(`${label}-latency-${job.base}`, profiling, () => jobs.latency(node, job)),
  burst: (job) => profiled(`${label}-burst`, profiling, () => jobs.burst(node, job)),
  fill: (job) => jobs.fill(node, job),
  loaded: async () => {},
  async joinLate({ system, ...job }) {
    label = `${system}-late`
    const joined = await profiled(`${label}-join`, true, () => joinLate(SYSTEMS[system].open, job))
    node = joined.node
    return joined.answer
  },
  cpuMs: async () => ownCpuMs(),
  close: () => node.close(),
}

process.on('message', async ({ id, name, argument }: Call) => {
  let answer: Answer
  try {
    answer = { id, result: await (calls[name] as (argument: unknown) => Promise<unknown>)(argument) }
  } catch (error) {
    answer = { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  // the coordinator may be gone
  process.send?.(answer, undefined, undefined, () => {})
})
process.on('disconnect', () => process.exit(0))
