import type { Move } from '#tuner/look'
import type { MetricSet } from '#tuner/metric-set'
import { ObjectiveRun } from '#tuner/objective-run'
import { strategyNamed } from '#tuner/strategies/index'
import type { TuningStrategy } from '#tuner/strategy'
import { type Values, WINDOW_MS, type Workload } from './workload.ts'

export interface Decision {
  /** what is to hold from now on */
  readonly values: Values
  readonly move: Move | undefined
  readonly note: string
}

/** Sets the parameters of a workload after each window. It remembers, so each run has one of its own. */
export type Controller = (values: Values, window: MetricSet) => Decision

const STEP_RATIO_MAX = 0.2

/** The decisions that an AutoTuner would make. @param strategy default: the one that the objective names */
export function tunerOf({ objective, tunables }: Workload, strategy?: TuningStrategy): Controller {
  const run = new ObjectiveRun(objective, strategy ?? strategyNamed(objective, []))
  return (values, metrics) => {
    const now = tunables.map((tunable) => ({ ...tunable, value: values[tunable.name]! }))
    const { state, move, note } = run.look({ metrics, elapsedMs: WINDOW_MS, spoiled: undefined }, now, STEP_RATIO_MAX)
    run.state = state
    return { values: move ? { ...values, [move.name]: move.newValue } : values, move, note }
  }
}

export const doingNothing: () => Controller = () => (values) => ({ values, move: undefined, note: 'nothing is done' })
