import { jsonEqual } from '#core/json'
import type { TunerMode } from '#core/protocol'
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

  /** The mode changed: a new coordinator begins with what its predecessor left. */
  begin(mode: TunerMode): void {
    for (const run of this.runs.all()) {
      run.begin()
      if (this.sync) this.adopt(run, 'found so', mode === 'active')
    }
  }

  /** What this node published is there already; another coordinator's, or a person's, is where to go on. */
  follow(objective: string, reason = 'too many moves in a row had to be taken back'): void {
    const run = this.runs.get(objective)
    const stands = this.sync?.get(TUNER_STATE_SECTION, objective)
    if (run && !(stands !== undefined && jsonEqual(stands, stateToJson(run.state)))) this.adopt(run, reason)
  }

  private adopt(run: ObjectiveRun, reason: string, takesOver = false): void {
    const { name } = run.objective
    const wasFrozen = run.state.frozen
    const stands = this.sync!.get(TUNER_STATE_SECTION, name)
    if (takesOver) run.takeOver(stands)
    else run.adopt(stands)
    const { frozen } = run.state
    if (frozen !== wasFrozen) this.events.emit(frozen ? 'frozen' : 'released', { objective: name, reason })
  }

  /** What a coordinator decided without moving anything; nothing where the mesh knows it already. @throws as `publishUpdate` */
  async publish(objective: string, before: TuningState, after: TuningState): Promise<void> {
    if (this.sync && !publishedAlike(before, after))
      await this.sync.tunerPort.publish([stateChange(objective, after, TUNER_PRIORITY)])
  }

  /** Every objective stays where it is, or goes on: all of them, or none. @throws as `publishUpdate` */
  async setFrozen(frozen: boolean, reason: string): Promise<void> {
    const { sync } = this
    const changed = this.runs.all().flatMap((run) => {
      const stands = sync ? stateFromJson(sync.get(TUNER_STATE_SECTION, run.objective.name)) : run.state
      // What is not frozen goes on already, with its trial.
      return stands.frozen === frozen ? [] : [{ run, state: { ...stands, frozen, revertsInRow: 0, trial: undefined } }]
    })
    if (changed.length === 0) return
    // With a person's priority, so that it stands beside what the coordinator writes at the same moment.
    if (sync)
      await sync.publishUpdates(
        changed.map(({ run, state }) => ({ ...stateChange(run.objective.name, state, 0), reason })),
      )
    for (const { run, state } of changed) {
      const objective = run.objective.name
      if (sync) this.follow(objective, reason)
      else {
        run.state = state
        this.events.emit(frozen ? 'frozen' : 'released', { objective, reason })
      }
    }
  }
}
