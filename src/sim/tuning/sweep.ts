import { seededRandom } from '#mesh/seeded-random'
import type { Course } from './course.ts'
import { measureWindow } from './tune.ts'
import type { Values, Workload } from './workload.ts'

/** A parameter of more values is swept by a factor: at 1.04, nearer ones differ by less than noise. */
const VALUES_EACH_MAX = 40
export const SWEEP_FACTOR = 1.04
const COARSE_WINDOWS = 3
const FINE_WINDOWS = 40
/** Of a course that does not stand still so many, evenly over its period, and for the finalists all. */
const COARSE_POINTS = 12
/** Of all settings those that are measured again, for long. */
const FINALISTS = 12

export interface BestSetting {
  readonly values: Values
  /** mean over the windows, of which each in which a goal is missed counts 0 */
  readonly goodput: number
  readonly settings: number
}

/** The best static setting of all that there are: each is measured, and the best ones again for longer. */
export function bestStatic(workload: Workload, course: Course, seed: number, factor = SWEEP_FACTOR): BestSetting {
  const settings = settingsOf(workload, factor)
  const { periodWindows } = course
  const goodputOf = (values: Values, windows: number, at: number) => {
    const random = seededRandom(at)
    let sum = 0
    for (let i = 0; i < windows; i++)
      sum += measureWindow(workload, values, course.change((i * periodWindows) / windows), random).goodput
    return sum / windows
  }
  const coarse = periodWindows > 1 ? COARSE_POINTS : COARSE_WINDOWS
  const fine = Math.max(FINE_WINDOWS, periodWindows)
  const finalists = settings
    .map((values, index) => ({ values, goodput: goodputOf(values, coarse, seed * 1_000_003 + index) }))
    .sort((a, b) => b.goodput - a.goodput)
    .slice(0, FINALISTS)
    .map(({ values }) => ({ values, goodput: goodputOf(values, fine, seed), settings: settings.length }))
  return finalists.reduce((best, one) => (one.goodput > best.goodput ? one : best))
}

function settingsOf({ tunables }: Workload, factor: number): Values[] {
  let settings: Values[] = [{}]
  for (const { name, min, max, step } of tunables)
    settings = settings.flatMap((values) =>
      valuesFrom(min, max, step, factor).map((value) => ({ ...values, [name]: value })),
    )
  return settings
}

function valuesFrom(min: number, max: number, step: number, factor: number): number[] {
  const count = Math.floor((max - min) / step) + 1
  if (count <= VALUES_EACH_MAX) return Array.from({ length: count }, (_, i) => min + i * step)
  const values: number[] = []
  for (
    let value = min;
    value <= max;
    value = Math.max(value + step, min + Math.round((value * factor - min) / step) * step)
  )
    values.push(value)
  return values
}
