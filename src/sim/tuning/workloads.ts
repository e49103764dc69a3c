import type { MetricSet } from '#tuner/metric-set'
import { logNormal, type Values, WINDOW_MS, type Workload } from './workload.ts'

const SPREAD = 0.4
/** Every window's rate and latency are off by so much: neighbours, garbage collections, weather. */
const WEATHER = 0.03

type Bounds = { readonly min: number; readonly max: number; readonly step?: number }

const tunable = (name: string, { min, max, step = 1 }: Bounds): Workload['tunables'][number] => ({
  name,
  min,
  max,
  step,
  default: undefined,
  owner: undefined,
  whenMissed: 'lower',
  held: undefined,
})

/**
 * Throughput of `n` workers that share something: it rises, flattens and falls again (N. Gunther, Universal Scalability Law).
 * @param serviceMs of one request by one worker alone
 */
const scaled = (n: number, serviceMs: number, contention: number, coherency: number): number =>
  ((1000 / serviceMs) * n) / (1 + contention * (n - 1) + coherency * n * (n - 1))

const weather = (random: () => number): number => 1 + WEATHER * (2 * random() - 1)
const between = (before: number, after: number, change: number): number => before + (after - before) * change

/** Measures a sample of the requests of a window, one for every `each`, and returns how many there were. */
function requests(into: MetricSet, perSecond: number, meanMs: number, random: () => number): number {
  const count = Math.round((perSecond * weather(random) * WINDOW_MS) / 1000)
  const windowMs = meanMs * weather(random)
  for (let i = 0; i < count; i++) into.observe('request_ms', logNormal(windowMs, SPREAD, random))
  return count
}

const only = (name: string, low: number, high: number): Workload['starts'] => ({
  low: { [name]: low },
  high: { [name]: high },
})

const POOL = 'pool.concurrency'

/** CPU work that shares memory: past the knee more workers make everything slower. */
export const workerPool: Workload = {
  name: 'worker pool',
  description:
    'CPU work on shared memory: throughput rises, flattens and falls with the workers (Universal Scalability Law); later each request costs half as much again',
  objective: {
    name: 'pool',
    goals: [
      { metric: 'request_ms', p95AtMost: 80 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: [POOL],
    strategy: 'gradient',
  },
  tunables: [tunable(POOL, { min: 1, max: 200 })],
  limit: POOL,
  starts: only(POOL, 3, 150),
  measure(into, values, change, random) {
    const n = values[POOL]!
    const perSecond = scaled(n, between(8, 12, change), 0.02, 0.0008)
    requests(into, perSecond / 2, (n / perSecond) * 1000, random)
  },
}

const IN_FLIGHT = 'client.max_in_flight'

/** A service behind the pool that takes so much at a time: beyond, it queues, and then refuses. */
export const downstream: Workload = {
  name: 'downstream',
  description:
    'calls to a service that works on 24 at a time, queues as many more and refuses the rest; later it works on 16',
  objective: {
    name: 'downstream',
    goals: [
      { metric: 'request_ms', p95AtMost: 100 },
      { metric: 'request_ok', rateAtLeast: 0.99 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: [IN_FLIGHT],
    strategy: 'gradient',
  },
  tunables: [tunable(IN_FLIGHT, { min: 1, max: 200 })],
  limit: IN_FLIGHT,
  starts: only(IN_FLIGHT, 3, 150),
  measure(into, values, change, random) {
    const slots = Math.round(between(24, 16, change))
    const inFlight = values[IN_FLIGHT]!
    const admitted = Math.min(inFlight, 2 * slots)
    const perSecond = (Math.min(admitted, slots) / 40) * 1000
    const refused = Math.max(0, inFlight - 2 * slots) / inFlight
    const answered = requests(into, perSecond / 2, (admitted / perSecond) * 1000, random)
    const calls = Math.round(answered / (1 - refused))
    for (let i = 0; i < calls; i++) into.observe('request_ok', random() >= refused)
  },
}

const BATCH = 'writer.batch_size'
const WRITERS = 'writer.concurrency'

/** Work in batches: a fixed cost for each batch, so large ones are cheap and late. Two parameters that depend on each other. */
export const batching: Workload = {
  name: 'batching',
  description:
    'writers that send batches: each costs 8 ms and 0.25 ms an item, items wait for their batch to fill, and writers contend; later the fixed cost is 16 ms',
  objective: {
    name: 'batching',
    goals: [
      { metric: 'request_ms', p95AtMost: 120 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: [BATCH, WRITERS],
    strategy: 'search',
  },
  tunables: [tunable(BATCH, { min: 1, max: 500 }), tunable(WRITERS, { min: 1, max: 32 })],
  limit: WRITERS,
  starts: { low: { [BATCH]: 30, [WRITERS]: 4 }, high: { [BATCH]: 300, [WRITERS]: 25 } },
  measure(into, values, change, random) {
    const batch = values[BATCH]!
    const writers = values[WRITERS]!
    const contention = 1 + 0.05 * (writers - 1) + 0.002 * writers * (writers - 1)
    const batchMs = (between(8, 16, change) + 0.25 * batch) * contention
    const perSecond = (writers * batch * 1000) / batchMs
    // An item waits half the time that its batch takes to fill, then for the batch.
    requests(into, perSecond / 40, (batch / 2 / perSecond) * 1000 + batchMs, random)
  },
}

const RETRY = 'client.retry_ms'
const ASKERS = 40
/** Questions that the link carries, a second. */
const LINK_PER_SECOND = 1_500
const ATTEMPTS_MAX = 20
const DRAWS = 4_000

/** A lossy network: waiting too short for an answer doubles the work, too long makes every loss a delay. */
export const lossyNetwork: Workload = {
  name: 'lossy network',
  description:
    'questions over a network that loses 4 % and answers in 30 ms on average, asked again after a time limit; later it loses 10 %',
  objective: {
    name: 'network',
    goals: [
      { metric: 'request_ms', p95AtMost: 250 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: [RETRY],
    strategy: 'search',
  },
  // Too short is as bad as too long: nobody can say which way is better when a goal is missed.
  tunables: [{ ...tunable(RETRY, { min: 5, max: 2_000, step: 5 }), whenMissed: undefined }],
  limit: RETRY,
  starts: only(RETRY, 20, 600),
  measure(into, values, change, random) {
    const loss = between(0.04, 0.1, change)
    let sumMs = 0
    let sent = 0
    const latencies: number[] = []
    for (let i = 0; i < DRAWS; i++) {
      const answer = asked(values, loss, random)
      sumMs += answer.ms
      sent += answer.attempts
      latencies.push(answer.ms)
    }
    const perSecond = Math.min((ASKERS / (sumMs / DRAWS)) * 1000, LINK_PER_SECOND * (DRAWS / sent)) * weather(random)
    for (let i = 0; i < (perSecond * WINDOW_MS) / 1000 / 2; i++) into.observe('request_ms', latencies[i % DRAWS]!)
  },
}

/** One question, asked again until it is answered in time. */
function asked(values: Values, loss: number, random: () => number): { readonly ms: number; readonly attempts: number } {
  const retryMs = values[RETRY]!
  let ms = 0
  for (let attempts = 1; ; attempts++) {
    const answerMs = logNormal(30, SPREAD, random)
    if (random() >= loss && answerMs <= retryMs) return { ms: ms + answerMs, attempts }
    ms += retryMs
    if (attempts === ATTEMPTS_MAX) return { ms, attempts }
  }
}

export const WORKLOADS: readonly Workload[] = [workerPool, downstream, batching, lossyNetwork]
