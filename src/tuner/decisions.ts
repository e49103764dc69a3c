import { ConfigSyncError } from '#core/errors'
import type { TunerMode } from '#core/protocol'
import { type Adjustment, adjustmentOf } from './adjustment.ts'
import type { ClosedWindow } from './gathered-windows.ts'
import type { Verdict } from './look.ts'
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

  constructor(options: DecisionsOptions) {
    this.options = options
  }

  async decide(run: ObjectiveRun, closed: ClosedWindow): Promise<void> {
    const mode = this.options.mode()
    const unusable = mode === 'off' ? 'the tuner is off' : closed.spoiled
    if (unusable !== undefined) return run.skip(closed, unusable)
    const verdict = this.verdictOf(run, closed)
    if (verdict === undefined) return
    if (mode === 'observing') run.observe(verdict)
    else await this.carryOut(run, verdict)
  }

  /** undefined when the strategy threw, which may be the program's own: nothing is known then, and nothing moves. */
  private verdictOf(run: ObjectiveRun, closed: ClosedWindow): Verdict | undefined {
    const { parameters, stepRatioMax, events } = this.options
    try {
      return run.look(closed, parameters.of(run.objective), stepRatioMax())
    } catch (cause) {
      const { strategy, objective } = run
      const detail = `strategy ${strategy.name} of objective ${objective.name}: ${cause}`
      run.skip(closed, detail)
      events.emit('error', new ConfigSyncError('STRATEGY_FAILED', detail, { cause }))
      return undefined
    }
  }

  private async carryOut(run: ObjectiveRun, { state, move, note }: Verdict): Promise<void> {
    const { states, events, epoch } = this.options
    const { objective, state: before } = run
    run.state = state
    try {
      if (move) await this.apply(objective.name, adjustmentOf(move, epoch()), state)
      else await states.publish(objective.name, before, state)
    } catch (error) {
      return run.notPublished(before, error)
    }
    if (state.frozen && !before.frozen) events.emit('frozen', { objective: objective.name, reason: note })
  }

  /**
   * @param state undefined: the adjustment is nobody's trial
   * @throws ConfigSyncError NOT_COORDINATOR, and as `publishUpdate`
   */
  async apply(objective: string, adjustment: Adjustment, state: TuningState | undefined): Promise<void> {
    await this.options.parameters.adjust(adjustment, objective, state)
    this.options.onApplied(objective, adjustment)
  }
}
