import type { Objective } from './objective.ts'
import type { Measured } from './window.ts'

/** How steeply a missed goal costs: at 10 % over, a quarter of the score. */
const PENALTY_POWER = 3
/** Each failure beyond those allowed counts as so many good ones lost. */
const FAILURE_WEIGHT = 20

/**
 * One number for how good a window was, to be raised: the throughput where that is a goal, less for every other goal that is
 * missed; without it, how far the latency is under its goal.
 */
export function scoreOf({ goals }: Objective, { p95, successRate, throughput }: Measured): number {
  const raises = goals.some((goal) => 'raise' in goal)
  let score = raises ? (throughput ?? 0) : 1
  for (const goal of goals) {
    if ('p95AtMost' in goal) {
      const used = (p95 ?? 0) / goal.p95AtMost
      if (!raises) score /= Math.max(used, Number.EPSILON)
      else if (used > 1) score /= used ** PENALTY_POWER
    } else if ('rateAtLeast' in goal) {
      const short = goal.rateAtLeast - (successRate ?? 1)
      if (short > 0) score *= Math.max(0, 1 - FAILURE_WEIGHT * short)
    }
  }
  return score
}
