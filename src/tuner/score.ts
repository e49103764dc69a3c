import type { Objective } from './objective.ts'
import type { Measured } from './window.ts'

/** A search aims at this share of what a goal allows: the rest is for noise, or every second window would miss it. */
export const AIM = 0.93
/**
 * How steeply a missed aim costs: near it so much that no throughput makes up for it, at 5 % over a third of the score; far from
 * it less, so that the way back is the one that costs least throughput.
 */
const PENALTY_POWER = 8
const PENALTY_POWER_FAR = 3
const FAR = 1.15
/** Each failure beyond those allowed counts as so many good ones lost. */
const FAILURE_WEIGHT = 40

/**
 * One number for how good a window was, to be raised: the throughput where that is a goal, less for every other goal that is
 * missed; without it, how far the latency is under its goal.
 */
export function scoreOf({ goals }: Objective, { p95, successRate, throughput }: Measured): number {
  const raises = goals.some((goal) => 'raise' in goal)
  let score = raises ? (throughput ?? 0) : 1
  for (const goal of goals) {
    if ('p95AtMost' in goal) {
      const used = (p95 ?? 0) / (AIM * goal.p95AtMost)
      if (!raises) score /= Math.max(used, Number.EPSILON)
      else if (used > 1) score /= Math.min(used, FAR) ** PENALTY_POWER * Math.max(1, used / FAR) ** PENALTY_POWER_FAR
    } else if ('rateAtLeast' in goal) {
      const short = goal.rateAtLeast - (successRate ?? 1)
      if (short > 0) score *= Math.exp(-FAILURE_WEIGHT * short)
    }
  }
  return score
}

/** Whether every goal that can be missed is met, to the letter: no dead band. */
export const meetsAll = ({ goals }: Objective, { p95, successRate }: Measured): boolean =>
  goals.every(
    (goal) =>
      !('p95AtMost' in goal && (p95 ?? 0) > goal.p95AtMost) &&
      !('rateAtLeast' in goal && (successRate ?? 1) < goal.rateAtLeast),
  )
