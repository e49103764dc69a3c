import type { DownstreamOptions } from '#cli/demo/tune/downstream'
import type { Limited, Values } from '#sim/tuning/workload'

const BATCH_SIZE = 'work.batch_size'
const CONCURRENCY = 'work.concurrency'

/** A program that does real work on two nodes: CPU in worker threads, then a call of a service that has a capacity. */
export interface RealWorkload extends Limited {
  readonly name: string
  /** what is swept, of both parameters */
  readonly swept: Readonly<Record<'batchSize' | 'concurrency', readonly number[]>>
  /** where tuning starts */
  readonly starts: readonly Values[]
  readonly downstream: readonly [before: DownstreamOptions, after: DownstreamOptions]
}

/** Capacity for single calls: later it works on fewer at once. */
const ONCE: DownstreamOptions = { slots: 12, callMs: 20, itemMs: 0, contention: 0.1, queueMax: 200 }
/** Calls with many items: later each costs half as much again, beside its items. */
const BATCHES: DownstreamOptions = { slots: 6, callMs: 15, itemMs: 0.5, contention: 0.1, queueMax: 200 }

const goals = (p95AtMost: number): Limited['objective']['goals'] => [
  { metric: 'request_ms', p95AtMost },
  { metric: 'request_ok', rateAtLeast: 0.99 },
  { metric: 'request_ms', raise: 'throughput' },
]

const at = (batchSize: number, concurrency: number): Values => ({ [BATCH_SIZE]: batchSize, [CONCURRENCY]: concurrency })

const tunable = (name: string, max: number): Limited['tunables'][number] => ({
  name,
  min: 1,
  max,
  step: 1,
  default: undefined,
  owner: undefined,
  whenMissed: 'lower',
  held: undefined,
})

export const REAL_WORKLOADS: readonly RealWorkload[] = [
  {
    name: 'requests',
    objective: { name: 'work', goals: goals(60), parameters: [CONCURRENCY], strategy: 'gradient' },
    tunables: [tunable(BATCH_SIZE, 2), tunable(CONCURRENCY, 100)],
    limit: CONCURRENCY,
    swept: { batchSize: [1], concurrency: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30] },
    starts: [at(1, 1), at(1, 60)],
    downstream: [ONCE, { ...ONCE, slots: 8 }],
  },
  {
    name: 'batches',
    objective: { name: 'work', goals: goals(60), parameters: [BATCH_SIZE, CONCURRENCY], strategy: 'search' },
    tunables: [tunable(BATCH_SIZE, 200), tunable(CONCURRENCY, 30)],
    limit: CONCURRENCY,
    swept: { batchSize: [20, 30, 40, 50, 60, 70], concurrency: [2, 3, 4, 6] },
    starts: [at(20, 1), at(100, 12)],
    downstream: [BATCHES, { ...BATCHES, callMs: 22 }],
  },
]

export const settingsOf = ({ swept }: RealWorkload): Values[] =>
  swept.batchSize.flatMap((batchSize) => swept.concurrency.map((concurrency) => at(batchSize, concurrency)))

export const textOf = (values: Values): string => `${values[BATCH_SIZE]} × ${values[CONCURRENCY]}`
