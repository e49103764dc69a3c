import { jsonEqual } from '#core/json'
import type { ConfigSync } from '#node/api'
import { TUNER_STATE_SECTION } from '#node/declarations'
import type { ObjectiveRun } from './objective-run.ts'
import type { ObjectiveRuns } from './objective-runs.ts'
import { TUNER_PRIORITY } from './tunables.ts'
import type { TunerEvents } from './tuner-events.ts'
import { publishedAlike, stateChange, stateFromJson, stateToJson, type TuningState } from './tuning-state.ts'

/** Where the tuning of each objective stands by the mesh, and how this node's runs follow it. Without a mesh: by itself. */
export class ReplicatedStates {
  private readonly sync: ConfigSync | undefined
  private readonly runs: ObjectiveRuns
  private readonly events: TunerEvents

  constructor(sync: ConfigSync | undefined, runs: ObjectiveRuns, events: TunerEvents) {
    this.sync = sync
    this.runs = runs
    this.events = events
  }

  /** A new coordinator begins with what its predecessor left. */
  adoptAll(): void {
    if (this.sync) for (const run of this.runs.all()) this.adopt(run, 'found so')
  }

  /** What this node published is there already; another coordinator's, or a person's, is where to go on. */
  follow(objective: string, reason = 'too many moves in a row had to be taken back'): void {
    const run = this.runs.get(objective)
    const stands = this.sync?.get(TUNER_STATE_SECTION, objective)
    if (run && !(stands !== undefined && jsonEqual(stands, stateToJson(run.state)))) this.adopt(run, reason)
  }

  private adopt(run: ObjectiveRun, reason: string): void {
    const { name } = run.objective
    const wasFrozen = run.state.frozen
    run.adopt(this.sync!.get(TUNER_STATE_SECTION, name))
    const { frozen } = run.state
    if (frozen !== wasFrozen) this.events.emit(frozen ? 'frozen' : 'released', { objective: name, reason })
  }

  /** What a coordinator decided without moving anything; nothing where the mesh knows it already. @throws as `publishUpdate` */
  async publish(objective: string, before: TuningState, after: TuningState): Promise<void> {
    if (this.sync && !publishedAlike(before, after))
      await this.sync.tunerPort.publish([stateChange(objective, after, TUNER_PRIORITY)])
  }

  /** Every objective stays where it is, or goes on. @throws as `publishUpdate` */
  async setFrozen(frozen: boolean, reason: string): Promise<void> {
    for (const run of this.runs.all()) {
      const { name } = run.objective
      const stands = this.sync ? stateFromJson(this.sync.get(TUNER_STATE_SECTION, name)) : run.state
      // What is not frozen goes on already, with its trial.
      if (stands.frozen === frozen) continue
      const state = { ...stands, frozen, revertsInRow: 0, trial: undefined }
      if (this.sync) {
        // With a person's priority, so that it stands beside what the coordinator writes at the same moment.
        await this.sync.publishUpdates([{ ...stateChange(name, state, 0), reason }])
        this.follow(name, reason)
        continue
      }
      run.state = state
      this.events.emit(frozen ? 'frozen' : 'released', { objective: name, reason })
    }
  }
}
