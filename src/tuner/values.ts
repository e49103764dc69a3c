import type { Tunable } from './strategy.ts'

/** The nearest value that may be set: on the grid of `min + k × step`, within the bounds. */
export function onGrid({ min, max, step }: Pick<Tunable, 'min' | 'max' | 'step'>, value: number): number {
  const steps = Math.round((Math.min(max, Math.max(min, value)) - min) / step)
  const snapped = min + steps * step
  // Sums of decimal fractions end in noise that nobody wants to read: 0.30000000000000004.
  return Number(Math.min(snapped, snapped > max ? snapped - step : max).toPrecision(12))
}

/** As far towards `wanted` as one step may go: a share of the value, but always one step of the grid. */
export function withinStep(tunable: Tunable, wanted: number, stepRatioMax: number): number {
  const { value, step } = tunable
  const furthest = Math.max(step, Math.abs(value) * stepRatioMax)
  const target = onGrid(tunable, Math.min(value + furthest, Math.max(value - furthest, wanted)))
  // Rounding to the grid must not go beyond the share, unless that is the only way to move at all.
  const beyond = Math.abs(target - value) > furthest + step * 1e-9
  return beyond ? onGrid(tunable, target - Math.sign(target - value) * step) : target
}

/** Where a whole step leads to a value that must not be tried, a part of it may not. */
export const STEP_PARTS: readonly number[] = [1, 0.5, 0.25]
