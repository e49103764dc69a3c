import type { MetricSet } from '#tuner/metric-set'
import type { Objective } from '#tuner/objective'
import type { Tunable } from '#tuner/strategy'

/** Values of the parameters, by `section.parameter`. */
export type Values = Readonly<Record<string, number>>

/** A program that is tuned, as a model: what its users measure in one window under given values. */
export interface Workload {
  readonly name: string
  /** what it models, in a sentence */
  readonly description: string
  readonly objective: Objective
  /** their `value` is where tuning starts: a bad one */
  readonly tunables: readonly Tunable[]
  /** after the window of this number the load or the capacity is another one; undefined: it never changes */
  readonly changesAt: number | undefined
  /** Fills in what one window measures. The same values, number and draws give the same. @param random 0 ≤ random() < 1 */
  measure(into: MetricSet, values: Values, window: number, random: () => number): void
}

export const WINDOW_MS = 10_000

/** Normally distributed, mean 0 and deviation 1 (Box and Muller, 1958). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Around `mean`, skewed as service times are. @param spread of the logarithm; 0.4 puts the 95th percentile at 1.8 times the mean */
export const logNormal = (mean: number, spread: number, random: () => number): number =>
  mean * Math.exp(spread * normal(random) - (spread * spread) / 2)
