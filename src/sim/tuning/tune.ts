import { seededRandom } from '#mesh/seeded-random'
import type { Move } from '#tuner/look'
import { MetricSet } from '#tuner/metric-set'
import { meetsAll } from '#tuner/score'
import { type Measured, measuredOf, windowOf } from '#tuner/window'
import type { Controller } from './controller.ts'
import type { Course } from './course.ts'
import { type Values, WINDOW_MS, type Workload } from './workload.ts'

/** One window of a run: the values that held in it, what was measured, what followed. */
export interface TracedWindow {
  readonly values: Values
  readonly measured: Measured
  /** the throughput, if every goal was met to the letter: a p95 of 80.1 misses a goal of 80, and counts nothing */
  readonly goodput: number
  readonly move: Move | undefined
  readonly note: string
}

export interface TunedRun {
  readonly workload: Workload
  readonly start: Values
  readonly controller: Controller
  readonly windows: number
  readonly seed: number
  /** load and capacity in this window, 0 … 1 */
  readonly change: Course['change']
}

export function measureWindow(workload: Workload, values: Values, change: number, random: () => number) {
  const metrics = new MetricSet()
  workload.measure(metrics, values, change, random)
  const measured = measuredOf(workload.objective, windowOf(metrics, WINDOW_MS))
  const goodput = meetsAll(workload.objective, measured) ? (measured.throughput ?? 0) : 0
  return { metrics, measured, goodput }
}

/** Runs a controller over a model. */
export function tune({ workload, start, controller, windows, seed, change }: TunedRun): TracedWindow[] {
  const random = seededRandom(seed)
  let values = start
  return Array.from({ length: windows }, (_, window) => {
    const held = values
    const { metrics, measured, goodput } = measureWindow(workload, held, change(window), random)
    const decision = controller(held, metrics)
    values = decision.values
    return { values: held, measured, goodput, move: decision.move, note: decision.note }
  })
}
