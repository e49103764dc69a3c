import type { JsonValue } from '#core/json'
import type { Objective } from './objective.ts'
import type { Measured, WindowView } from './window.ts'

/** A parameter as a strategy sees it. */
export interface Tunable {
  /** `section.parameter` */
  readonly name: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  /** the declared default; undefined when there is none */
  readonly default: number | undefined
  readonly owner: string | undefined
  readonly whenMissed: 'raise' | 'lower' | undefined
  /** why it must stay as it is now (a person set it, …); undefined when it may be moved */
  readonly held: string | undefined
}

export interface TuningContext {
  readonly objective: Objective
  /** measured, with enough samples of every goal */
  readonly window: WindowView
  /** of it, what the goals are about */
  readonly measured: Measured
  readonly tunables: readonly Tunable[]
  /** the largest step as a share of the value */
  readonly stepRatioMax: number
  /** a value that was taken back lately must not be tried again yet */
  isBlocked(name: string, value: number): boolean
}

export interface Proposed {
  readonly proposal: Proposal
  /** what it remembers now */
  readonly memory: JsonValue
  /** load or capacity are others than before: what was taken back then may be right now, and is blocked no longer */
  readonly changed?: boolean
}

/** What a strategy wants. One parameter at a time, or none; a reason in any case. */
export type Proposal =
  | {
      readonly type: 'move'
      readonly name: string
      readonly value: number
      readonly reason: string
      /**
       * How sure it is. A `step` should help, and counts against the strategy when it has to be taken back. A `probe` asks
       * whether it helps. `undo` takes the last move back, of which nothing is to be learned, so it is not on trial. Default
       * `step`.
       */
      readonly kind?: 'step' | 'probe' | 'undo'
    }
  | { readonly type: 'stay'; readonly reason: string }

/** How the move that was tried last ended. */
export interface TrialOutcome {
  readonly name: string
  readonly oldValue: number
  readonly newValue: number
  /** false: it was taken back, because a goal got worse by it */
  readonly kept: boolean
  readonly before: Measured
  readonly after: Measured
}

/**
 * Decides what to try next: a pure function of a window and of what it remembers. What it remembers is JSON, because it is
 * replicated: the next coordinator goes on with it. Bounds, step size, pauses, blocked values and taking back are not its
 * business; whatever it proposes is held to them.
 */
export interface TuningStrategy {
  readonly name: string
  /** windows after a move that it is not asked in, beside those in which the move is on trial */
  readonly pauseWindows: number
  propose(context: TuningContext, memory: JsonValue | undefined): Proposed
  /** a trial ended; what it remembers now */
  learn(outcome: TrialOutcome, memory: JsonValue | undefined, objective: Objective): JsonValue
}
