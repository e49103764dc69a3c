import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { TunerMode } from '#core/protocol'
import { type Adjustment, adjustmentOf } from './adjustment.ts'
import type { ClosedWindow } from './gathered-windows.ts'
import type { Move, Verdict } from './look.ts'
import type { ObjectiveRun } from './objective-run.ts'
import type { ReplicatedStates } from './replicated-states.ts'
import type { TunedParameters } from './tuned-parameters.ts'
import type { TunerEvents } from './tuner-events.ts'
import type { TuningState } from './tuning-state.ts'

export interface DecisionsOptions {
  readonly parameters: TunedParameters
  readonly states: ReplicatedStates
  readonly events: TunerEvents
  readonly mode: () => TunerMode
  /** the reign that this node knows; 0 without a mesh */
  readonly epoch: () => number
  readonly stepRatioMax: () => number
  /** an adjustment that nobody but this node will tell of */
  readonly onApplied: (objective: string, adjustment: Adjustment) => void
}

/** What follows from a closed window, and how it comes into force: on the coordinator, or without a mesh. */
export class Decisions {
  private readonly options: DecisionsOptions
  /** while what a window led to is being told: whoever else changes a parameter does so within a window */
  carryingOut = false

  constructor(options: DecisionsOptions) {
    this.options = options
  }

  async decide(run: ObjectiveRun, closed: ClosedWindow): Promise<void> {
    const mode = this.options.mode()
    const unusable = mode === 'off' ? 'the tuner is off' : closed.spoiled
    if (unusable !== undefined) return run.skip(closed, unusable)
    const { parameters, stepRatioMax, events } = this.options
    const verdict = run.look(closed, parameters.of(run.objective), stepRatioMax())
    for (const failure of run.strategy.takeFailures()) events.emit('error', failure)
    if (mode === 'observing') run.observe(verdict)
    else await this.carryOut(run, verdict)
  }

  private async carryOut(run: ObjectiveRun, verdict: Verdict): Promise<void> {
    const { state, move, note } = verdict
    const { states, events } = this.options
    const { objective, state: before } = run
    run.state = state
    try {
      this.carryingOut = true
      const told = move ? this.move(objective.name, move, state) : states.publish(objective.name, before, state)
      this.carryingOut = false
      await told
    } catch (error) {
      const failure = codedError(error)
      if (!EXPECTED.includes(failure.code)) events.emit('error', failure)
      // What could not be stored here stands all the same, on every other node too.
      if (failure.code !== 'STORE_FAILED') return run.notPublished(before, verdict, failure)
    }
    if (state.frozen && !before.frozen) events.emit('frozen', { objective: objective.name, reason: note })
  }

  /** What is taken back goes to where it was, which may be off the grid if a person set it. */
  private async move(objective: string, move: Move, state: TuningState): Promise<void> {
    const adjustment = adjustmentOf(move, this.options.epoch())
    await this.tell(objective, move.type === 'revert' ? adjustment : this.options.parameters.checked(adjustment), state)
  }

  /**
   * By hand, on trial with nobody.
   * @throws ConfigSyncError ADJUSTMENT_INVALID, NOT_COORDINATOR, and as `publishUpdate`
   */
  async apply(objective: string, adjustment: Adjustment): Promise<void> {
    await this.tell(objective, this.options.parameters.checked(adjustment), undefined)
  }

  private async tell(objective: string, adjustment: Adjustment, state: TuningState | undefined): Promise<void> {
    await this.options.parameters.adjust(adjustment, objective, state)
    this.options.onApplied(objective, adjustment)
  }
}

/** A coordinator is deposed and a node stops in the course of things; of its store the node tells itself. */
const EXPECTED: readonly ErrorCode[] = ['NOT_COORDINATOR', 'STOPPING', 'NOT_STARTED', 'STORE_FAILED']

const codedError = (error: unknown): ConfigSyncError =>
  error instanceof ConfigSyncError ? error : new ConfigSyncError('INTERNAL', String(error), { cause: error })
