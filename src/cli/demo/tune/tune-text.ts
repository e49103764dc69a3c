import { duration } from '../../output.ts'
import type { CoursePoint, SeenAdjustment } from './course.ts'
import type { PhaseOutcome } from './tune-demo.ts'
import type { PoolLimits } from './worker-pool.ts'

/** One second, in a line. */
export function pointText({ atS, p95, jobs, limits }: CoursePoint, goalMs: number): string {
  const verdict = p95 === undefined ? 'too few jobs' : p95 <= goalMs ? 'met' : 'missed'
  const by = limits.map(limitsText).join(' or ')
  const measured = p95 === undefined ? '' : `p95 ${String(Math.round(p95)).padStart(5)} ms  `
  return `${atS.toFixed(0).padStart(4)} s  ${measured}${verdict.padEnd(12)}  ${String(jobs).padStart(4)} jobs/s  ${by}`
}

/** `16 batches of 4, wait 400 ms`: so many at once at most, of so many jobs at most, for which each waits at most so long. */
export const limitsText = ({ concurrency, batchSize, batchTimeLimitMs }: PoolLimits): string =>
  `${concurrency} batches of ${batchSize}, wait ${batchTimeLimitMs} ms`

/** `pool.concurrency 16 → 8: p95 over its goal …` */
export function adjustmentText({ kind, section, parameter, oldValue, newValue, reason }: SeenAdjustment): string {
  const sign = kind === 'revert' ? '▼' : '▲'
  return `${sign} ${section}.${parameter} ${oldValue} → ${newValue}: ${reason}`
}

/** What became of one load, in a sentence. */
export function outcomeText({ worstP95, metP95, tookMs, adjustments }: PhaseOutcome, goalMs: number): string {
  const steps = adjustments === 1 ? '1 adjustment' : `${adjustments} adjustments`
  return `p95 ${Math.round(worstP95)} → ${Math.round(metP95)} ms (goal ${goalMs}) after ${duration(tookMs)} and ${steps}, in force on every node`
}
