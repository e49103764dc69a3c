import { seededRandom } from '#mesh/seeded-random'
import type { Move } from '#tuner/look'
import { MetricSet } from '#tuner/metric-set'
import { ObjectiveRun } from '#tuner/objective-run'
import type { TuningStrategy } from '#tuner/strategy'
import { type Measured, measuredOf, standingOf, type WindowView, windowOf } from '#tuner/window'
import { type Values, WINDOW_MS, type Workload } from './workload.ts'

/** One window of a run: the values that held in it, what was measured, what followed. */
export interface TracedWindow {
  readonly values: Values
  readonly measured: Measured
  /** no goal missed */
  readonly good: boolean
  readonly move: Move | undefined
  readonly note: string
}

const STEP_RATIO_MAX = 0.2

export function measureWindow(workload: Workload, values: Values, window: number, random: () => number): WindowView {
  const metrics = new MetricSet()
  workload.measure(metrics, values, window, random)
  return windowOf(metrics, WINDOW_MS)
}

export const meetsGoals = (workload: Workload, window: WindowView): boolean =>
  workload.objective.goals.every((goal) => standingOf(goal, window) !== 'missed')

/** Runs a tuner over a model for so many windows: the decisions are those that an AutoTuner would make. */
export function tune(workload: Workload, strategy: TuningStrategy, windows: number, seed: number): TracedWindow[] {
  const random = seededRandom(seed)
  const run = new ObjectiveRun(workload.objective, strategy)
  const values: Record<string, number> = Object.fromEntries(workload.tunables.map(({ name, value }) => [name, value]))
  return Array.from({ length: windows }, (_, window) => {
    const metrics = new MetricSet()
    workload.measure(metrics, values, window, random)
    const view = windowOf(metrics, WINDOW_MS)
    const tunables = workload.tunables.map((tunable) => ({ ...tunable, value: values[tunable.name]! }))
    const held = { ...values }
    const verdict = run.look({ metrics, elapsedMs: WINDOW_MS, spoiled: undefined }, tunables, STEP_RATIO_MAX)
    run.state = verdict.state
    if (verdict.move) values[verdict.move.name] = verdict.move.newValue
    const measured = measuredOf(workload.objective, view)
    return { values: held, measured, good: meetsGoals(workload, view), move: verdict.move, note: verdict.note }
  })
}
