import type { MetricSet } from '#tuner/metric-set'
import type { Tunable } from '#tuner/strategy'
import { logNormal, WINDOW_MS, type Workload } from './workload.ts'

const SPREAD = 0.4
/** Every window's rate is off by so much: neighbours, garbage collections, weather. */
const WEATHER = 0.03

const tunable = (name: string, value: number, more: Partial<Tunable> & Pick<Tunable, 'min' | 'max'>): Tunable => ({
  step: 1,
  default: undefined,
  owner: undefined,
  whenMissed: 'lower',
  held: undefined,
  name,
  value,
  ...more,
})

/**
 * Throughput of `n` workers that share something: it rises, flattens and falls again (N. Gunther, Universal Scalability Law).
 * @param serviceMs of one request by one worker alone
 */
const scaled = (n: number, serviceMs: number, contention: number, coherency: number): number =>
  ((1000 / serviceMs) * n) / (1 + contention * (n - 1) + coherency * n * (n - 1))

function requests(into: MetricSet, perSecond: number, meanMs: number, random: () => number): void {
  const count = Math.round((perSecond * (1 + WEATHER * (2 * random() - 1)) * WINDOW_MS) / 1000)
  const weather = 1 + WEATHER * (2 * random() - 1)
  for (let i = 0; i < count; i++) into.observe('request_ms', logNormal(meanMs * weather, SPREAD, random))
}

/** CPU work that shares memory: past the knee more workers make everything slower. */
export const workerPool = (start: number, changesAt?: number): Workload => ({
  name: `worker pool from ${start}`,
  description:
    'CPU work on shared memory: throughput rises, flattens and falls with the workers; later each request costs half as much again',
  objective: {
    name: 'pool',
    goals: [
      { metric: 'request_ms', p95AtMost: 80 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: ['pool.concurrency'],
    strategy: 'gradient',
  },
  tunables: [tunable('pool.concurrency', start, { min: 1, max: 200 })],
  changesAt,
  measure(into, values, window, random) {
    const slower = changesAt !== undefined && window >= changesAt ? 1.5 : 1
    const n = values['pool.concurrency']!
    const perSecond = scaled(n, 20 * slower, 0.02, 0.0008)
    requests(into, perSecond, (n / perSecond) * 1000, random)
  },
})

/** A service behind the pool that takes so much at a time: beyond, it queues, and then refuses. */
export const downstream = (start: number, changesAt?: number): Workload => ({
  name: `downstream from ${start}`,
  description:
    'calls to a service that works on 24 at a time, queues as many more and refuses the rest; later it works on 16',
  objective: {
    name: 'downstream',
    goals: [
      { metric: 'request_ms', p95AtMost: 100 },
      { metric: 'request_ok', rateAtLeast: 0.99 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: ['client.max_in_flight'],
    strategy: 'gradient',
  },
  tunables: [tunable('client.max_in_flight', start, { min: 1, max: 200, owner: 'lost' })],
  changesAt,
  measure(into, values, window, random) {
    const slots = changesAt !== undefined && window >= changesAt ? 16 : 24
    const inFlight = values['client.max_in_flight']!
    const admitted = Math.min(inFlight, 2 * slots)
    const perSecond = (Math.min(admitted, slots) / 40) * 1000
    const refused = Math.max(0, inFlight - 2 * slots) / inFlight
    requests(into, perSecond, (admitted / perSecond) * 1000, random)
    const calls = Math.round((perSecond / (1 - refused)) * (WINDOW_MS / 1000))
    for (let i = 0; i < calls; i++) into.observe('request_ok', random() >= refused)
  },
})

/** Work in batches: a fixed cost for each batch, so large ones are cheap and late. Two parameters that depend on each other. */
export const batching = (startBatch: number, startWorkers: number, changesAt?: number): Workload => ({
  name: `batching from ${startBatch} × ${startWorkers}`,
  description:
    'writers that send batches: each costs 8 ms and 0.25 ms an item, items wait for their batch to fill; later the fixed cost is 16 ms',
  objective: {
    name: 'batching',
    goals: [
      { metric: 'request_ms', p95AtMost: 120 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: ['writer.batch_size', 'writer.concurrency'],
    strategy: 'search',
  },
  tunables: [
    tunable('writer.batch_size', startBatch, { min: 1, max: 500 }),
    tunable('writer.concurrency', startWorkers, { min: 1, max: 32 }),
  ],
  changesAt,
  measure(into, values, window, random) {
    const fixedMs = changesAt !== undefined && window >= changesAt ? 16 : 8
    const batch = values['writer.batch_size']!
    const workers = values['writer.concurrency']!
    const batchMs = (fixedMs + 0.25 * batch) * (1 + 0.05 * (workers - 1) + 0.002 * workers * (workers - 1))
    const perSecond = (workers * batch * 1000) / batchMs
    // An item waits half the time that its batch takes to fill, then for the batch.
    requests(into, perSecond / 10, (batch / 2 / perSecond) * 1000 + batchMs, random)
  },
})

/** A lossy network: waiting too short for an answer doubles the work, too long makes every loss a delay. */
export const lossyNetwork = (start: number, changesAt?: number): Workload => ({
  name: `lossy network from ${start} ms`,
  description:
    'questions over a network that loses 4 % and answers in 30 ms on average, asked again after a time limit; later it loses 10 %',
  objective: {
    name: 'network',
    goals: [
      { metric: 'request_ms', p95AtMost: 400 },
      { metric: 'request_ms', raise: 'throughput' },
    ],
    parameters: ['client.retry_ms'],
    strategy: 'search',
  },
  tunables: [tunable('client.retry_ms', start, { min: 5, max: 2_000, step: 5 })],
  changesAt,
  measure(into, values, window, random) {
    const loss = changesAt !== undefined && window >= changesAt ? 0.1 : 0.04
    const retryMs = values['client.retry_ms']!
    const draws = 2_000
    let sumMs = 0
    let sent = 0
    const latencies: number[] = []
    for (let i = 0; i < draws; i++) {
      let ms = 0
      for (let attempt = 1; ; attempt++) {
        sent++
        const answerMs = logNormal(30, SPREAD, random)
        if (random() >= loss && answerMs <= retryMs) {
          ms += answerMs
          break
        }
        ms += retryMs
        if (attempt === 20) break
      }
      sumMs += ms
      latencies.push(ms)
    }
    // 40 askers, and a link that carries 1,500 questions a second.
    const perSecond =
      Math.min((40 / (sumMs / draws)) * 1000, 1_500 * (draws / sent)) * (1 + WEATHER * (2 * random() - 1))
    for (let i = 0; i < (perSecond * WINDOW_MS) / 1000; i++) into.observe('request_ms', latencies[i % draws]!)
  },
})
