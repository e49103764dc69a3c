/** One node of the bench in its own process: obeys the coordinator (cluster.ts) over the channel of its fork. */
import { type BurstJob, JobRunner, type LatencyJob } from './jobs.ts'
import { profiled } from './profile.ts'
import type { BenchNode, OpenOptions } from './system.ts'
import { SYSTEMS, type SystemName } from './systems.ts'

export interface NodeCalls {
  open: (options: Omit<OpenOptions, 'onValue'> & { readonly system: SystemName }) => Promise<string>
  join: (addresses: readonly string[]) => Promise<void>
  latency: (job: LatencyJob) => ReturnType<JobRunner['latency']>
  burst: (job: BurstJob) => ReturnType<JobRunner['burst']>
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
