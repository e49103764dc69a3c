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
  readonly tunables: readonly Omit<Tunable, 'value'>[]
  /** the one that limits the work, for controllers that know of one parameter only */
  readonly limit: string
  /** where tuning starts: two bad places */
  readonly starts: { readonly low: Values; readonly high: Values }
  /**
   * Fills in what one window measures. The same values, change and draws give the same.
   * @param change 0: load and capacity as they begin; 1: as they are after the step change; between them, on the way
   * @param random 0 ≤ random() < 1
   */
  measure(into: MetricSet, values: Values, change: number, random: () => number): void
}

/** What a controller has to know of a program, model or not. */
export type Limited = Pick<Workload, 'objective' | 'tunables' | 'limit'>

export const WINDOW_MS = 10_000

/** Normally distributed, mean 0 and deviation 1 (Box and Muller, 1958). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Around `mean`, skewed as service times are. @param spread of the logarithm; 0.4 puts the 95th percentile at 1.8 times the mean */
export const logNormal = (mean: number, spread: number, random: () => number): number =>
  mean * Math.exp(spread * normal(random) - (spread * spread) / 2)
