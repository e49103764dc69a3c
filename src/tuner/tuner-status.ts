import type { TunerMode } from '#core/protocol'
import type { MetricView } from './metric-set.ts'
import type { Goal, Standing } from './objective.ts'
import type { ObjectiveRun } from './objective-run.ts'
import type { Tunable } from './strategy.ts'
import type { TuningState } from './tuning-state.ts'
import { standingOf } from './window.ts'

export interface GoalStatus {
  readonly goal: Goal
  readonly standing: Standing
  /** over the last window; undefined when nothing was observed */
  readonly measured: MetricView | undefined
}

export interface ObjectiveStatus {
  readonly name: string
  readonly strategy: string
  readonly goals: readonly GoalStatus[]
  readonly parameters: readonly Tunable[]
  /** what the last window led to, in a sentence */
  readonly note: string
  readonly state: TuningState
}

export interface TunerStatus {
  readonly mode: TunerMode
  /** the reign that this node knows; 0 without a mesh */
  readonly epoch: number
  readonly windowMs: number
  readonly objectives: readonly ObjectiveStatus[]
}

export function objectiveStatus(run: ObjectiveRun, parameters: readonly Tunable[]): ObjectiveStatus {
  const { objective, strategy, window, note, state } = run
  return {
    name: objective.name,
    strategy: strategy.name,
    goals: objective.goals.map((goal) => ({
      goal,
      standing: window ? standingOf(goal, window) : 'unknown',
      measured: window?.metric(goal.metric),
    })),
    parameters,
    note,
    state,
  }
}
