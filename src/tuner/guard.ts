import type { Objective } from './objective.ts'
import type { Measured, WindowView } from './window.ts'

/** Windows that a move is judged by. */
export const TRIAL_WINDOWS = 2
/** A move that made one of these so much worse is taken back. */
const WORSE_P95 = 1.2
const WORSE_RATE = 0.005
const WORSE_THROUGHPUT = 0.9
/** A missed p95 that fell by so much is on its way. */
const EASED_P95 = 0.95
/** What was taken back is left alone for so long. */
export const BLOCKED_MS = 10 * 60 * 1000
/** … which is so many windows of 10 s: of shorter ones no more than that, and of long ones some at least. */
export const BLOCKED_WINDOWS_MAX = 60
export const BLOCKED_WINDOWS_MIN = 6
/** So many taken back in a row, and nobody knows what is going on: the tuner stops and says so. */
export const REVERTS_FREEZE = 3

/** What is so slow that it takes longer than this is not waited for. */
const SETTLE_WINDOWS_MAX = 6

/**
 * How long after a move most of what ends still began before it: as long as the slow ones take now. Of a metric that is no duration
 * by its name (`…_ms`, `…_seconds`) nothing is known, and nothing is waited for.
 */
export function settlingMs({ goals }: Objective, window: WindowView): number {
  const durations = goals.map((goal) =>
    'p95AtMost' in goal ? (window.metric(goal.metric)?.p95 ?? 0) * unitMs(goal.metric) : 0,
  )
  return Math.min(SETTLE_WINDOWS_MAX * window.elapsedMs, Math.max(0, ...durations))
}

const unitMs = (metric: string): number => (metric.endsWith('_ms') ? 1 : metric.endsWith('_seconds') ? 1_000 : 0)

/**
 * Why a move has to be taken back, or undefined. A p95 that rose within its goal is what was to be spent, so it counts only
 * when the goal is missed by it; and not where a success rate that missed its goal rose: what comes late now did not come at all.
 * A throughput is to be raised while the other goals are met: it may fall where one of them was missed, and is missed by less.
 */
export function worsened({ goals }: Objective, before: Measured, after: Measured): string | undefined {
  const rose = (after.successRate ?? 1) - (before.successRate ?? 1)
  const recovers = goals.some(
    (goal) => 'rateAtLeast' in goal && (before.successRate ?? 1) < goal.rateAtLeast && rose > WORSE_RATE,
  )
  const eased =
    recovers ||
    goals.some(
      (goal) => 'p95AtMost' in goal && (before.p95 ?? 0) > goal.p95AtMost && (after.p95 ?? 0) < EASED_P95 * before.p95!,
    )
  for (const goal of goals) {
    if ('p95AtMost' in goal) {
      const slower = before.p95 !== undefined && after.p95 !== undefined && after.p95 > WORSE_P95 * before.p95
      if (slower && !recovers && after.p95! > goal.p95AtMost)
        return `p95 of ${goal.metric} ${figures(before.p95, after.p95)}`
    } else if ('rateAtLeast' in goal) {
      if (-rose > WORSE_RATE && (after.successRate ?? 1) < goal.rateAtLeast)
        return `success rate of ${goal.metric} ${figures(before.successRate, after.successRate)}`
    } else if (!eased && (after.throughput ?? 0) < WORSE_THROUGHPUT * (before.throughput ?? 0))
      return `throughput of ${goal.metric} ${figures(before.throughput, after.throughput)}`
  }
  return undefined
}

const figures = (before: number | undefined, after: number | undefined): string => `${short(before)} → ${short(after)}`

/** Four digits are as many as a person compares. */
export const short = (value: number | undefined): string =>
  value === undefined ? 'unknown' : String(Number(value.toPrecision(4)))
