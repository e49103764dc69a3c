import type { MetricSet } from '#tuner/metric-set'
import { meetsAll } from '#tuner/score'
import { measuredOf, windowOf } from '#tuner/window'
import type { Controller } from './controller.ts'
import { type Limited, type Values, WINDOW_MS } from './workload.ts'

/** One update a window, as the tuner has; what they are built for is one for each request or second. */

/** As Netflix's AIMDLimit: one more while nothing goes wrong, 0.9 of it else. @param workload its goals say what goes wrong */
export function additiveIncrease(workload: Limited): Controller {
  return (values, metrics) => {
    const met = meetsAll(workload.objective, measuredOf(workload.objective, windowOf(metrics, WINDOW_MS)))
    const limit = values[workload.limit]!
    return set(workload, values, met ? limit + 1 : Math.min(limit - 1, Math.floor(limit * BACKOFF_RATIO)))
  }
}

const BACKOFF_RATIO = 0.9

/** The defaults of Netflix's Gradient2Limit, but for its bounds, which are the parameter's. */
const QUEUE_SIZE = 4
const SMOOTHING = 0.2
const TOLERANCE = 1.5
const LONG_WINDOW = 600
const WARMUP = 10

/**
 * Gradient2 as it is published (concurrency-limits, Gradient2Limit.java): the ratio of the long-term to the latest round trip,
 * with a tolerance, and room for a queue. It knows of no goal.
 */
export function gradient2(workload: Limited): Controller {
  let longMs = 0
  let samples = 0
  let estimated: number | undefined
  return (values, metrics) => {
    estimated ??= values[workload.limit]!
    const shortMs = meanMsOf(metrics)
    samples++
    longMs =
      samples < WARMUP ? longMs + (shortMs - longMs) / samples : longMs + (shortMs - longMs) * (2 / (LONG_WINDOW + 1))
    if (longMs / shortMs > 2) longMs *= 0.95
    const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * longMs) / shortMs))
    const wanted = estimated * gradient + QUEUE_SIZE
    estimated = within(workload, estimated * (1 - SMOOTHING) + wanted * SMOOTHING)
    return set(workload, values, Math.floor(estimated))
  }
}

const meanMsOf = (metrics: MetricSet): number => metrics.view('request_ms', WINDOW_MS)?.mean ?? 1

function within({ tunables, limit }: Limited, value: number): number {
  const { min, max } = tunables.find(({ name }) => name === limit)!
  return Math.min(max, Math.max(min, value))
}

const set = (workload: Limited, values: Values, value: number) => ({
  values: { ...values, [workload.limit]: within(workload, value) },
  move: undefined,
  note: `${workload.limit} = ${value}`,
})
