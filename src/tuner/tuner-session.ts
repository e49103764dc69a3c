import { ConfigSyncError } from '#core/errors'
import type { TunerMode } from '#core/protocol'
import { type Scheduler, systemScheduler } from '#mesh/scheduler'
import type { ConfigSync } from '#node/api'
import { TUNER_STATE_SECTION } from '#node/declarations'
import type { ChangeEvent, ParameterChangeView } from '#node/types'
import type { Adjustment } from './adjustment.ts'
import type { AdjustmentLog } from './adjustment-log.ts'
import { Decisions } from './decisions.ts'
import { Measuring } from './measuring.ts'
import { MESH_METRICS, MESH_OBJECTIVE, meshObjective, observeDelivery } from './mesh-objective.ts'
import type { Objective } from './objective.ts'
import { ObjectiveRuns } from './objective-runs.ts'
import { ReplicatedStates } from './replicated-states.ts'
import { splitName, TUNER_PRIORITY } from './tunables.ts'
import { TunedParameters } from './tuned-parameters.ts'
import type { TunerEvents } from './tuner-events.ts'
import type { AutoTunerOptions } from './tuner-options.ts'
import { objectiveStatus, type TunerStatus } from './tuner-status.ts'

const HEARTBEAT_INTERVAL = 'mesh.heartbeat_interval_ms'
/** Where there is no mesh that says otherwise. */
const BEAT_MS_DEFAULT = 1_000
const WINDOW_SECONDS_DEFAULT = 10
const STEP_RATIO_DEFAULT = 0.2
const RELEASED = { priority: TUNER_PRIORITY, reason: 'released to the tuner' }

/** A tuner for as long as it is in one mesh, or in none: its beats and windows, and following the coordinator. */
export class TunerSession {
  readonly runs: ObjectiveRuns
  readonly states: ReplicatedStates
  readonly measuring: Measuring
  private readonly sync: ConfigSync | undefined
  private readonly options: AutoTunerOptions
  private readonly events: TunerEvents
  private readonly log: AdjustmentLog
  private readonly parameters: TunedParameters
  private readonly decisions: Decisions
  private readonly scheduler: Scheduler
  private cancelBeat: () => void = () => undefined
  private stopListening: readonly (() => void)[] = []
  private isRunning = false
  private lastMode: TunerMode = 'off'

  /** @throws ConfigSyncError OBJECTIVE_INVALID */
  constructor(sync: ConfigSync | undefined, options: AutoTunerOptions, events: TunerEvents, log: AdjustmentLog) {
    this.sync = sync
    this.options = options
    this.events = events
    this.log = log
    this.scheduler = options.scheduler ?? sync?.tunerPort.scheduler ?? systemScheduler
    this.parameters = new TunedParameters(sync, options)
    const { objectives: own = [], strategies = [] } = options
    const mesh = this.meshObjective()
    this.runs = new ObjectiveRuns(mesh ? [mesh, ...own] : own, strategies, this.parameters.declarations)
    this.states = new ReplicatedStates(sync, this.runs, events)
    this.measuring = new Measuring(this.scheduler, sync?.tunerPort, [...MESH_METRICS, ...this.runs.metrics])
    this.decisions = new Decisions({
      parameters: this.parameters,
      states: this.states,
      events,
      mode: () => this.mode,
      epoch: () => this.epoch,
      stepRatioMax: () => this.setting('max_adjustment_pct', STEP_RATIO_DEFAULT),
      onApplied: (objective, adjustment) => this.applied(objective, adjustment),
    })
  }

  /** The built-in one by the targets of now; undefined without a mesh, or where the program has one of its own in its place. */
  private meshObjective(): Objective | undefined {
    const isOwn = this.options.objectives?.some(({ name }) => name === MESH_OBJECTIVE)
    return this.sync === undefined || isOwn ? undefined : meshObjective(this.sync)
  }

  /** Targets are settings, and so taken live: what is under way goes on towards the new ones. */
  private retarget(): void {
    const objective = this.meshObjective()
    const run = this.runs.get(MESH_OBJECTIVE)
    if (objective && run) run.objective = objective
  }

  private setting(parameter: string, otherwise: number): number {
    const value = this.sync?.get('auto_tuner', parameter)
    return typeof value === 'number' ? value : otherwise
  }

  get mode(): TunerMode {
    if (!this.isRunning) return 'off'
    if (this.sync === undefined) return 'single-node'
    if (this.sync.get('auto_tuner', 'enabled') === false) return 'off'
    return this.sync.isCoordinator() ? 'active' : 'observing'
  }

  get running(): boolean {
    return this.isRunning
  }

  private get epoch(): number {
    return this.sync?.tunerPort.epoch ?? 0
  }

  private wallClock(): number {
    return (this.options.wallClock ?? this.sync?.tunerPort.wallClock ?? Date.now)()
  }

  start(): void {
    if (this.isRunning) return
    this.isRunning = true
    this.measuring.turn('off', 'off')
    if (this.sync) this.stopListening = this.listen(this.sync)
    this.retarget()
    for (const { objective } of this.runs.all()) this.parameters.fill(objective)
    this.noteMode()
    this.scheduleBeat()
  }

  stop(): void {
    if (!this.isRunning) return
    this.isRunning = false
    this.cancelBeat()
    for (const stop of this.stopListening) stop()
    this.noteMode()
  }

  private listen(sync: ConfigSync): (() => void)[] {
    return [
      sync.on('change', (event) => this.onChange(event)),
      sync.on('coordinator', () => this.noteMode()),
      sync.on('member', ({ nodeId, state }) => {
        if (state !== 'suspected' && state !== 'recovered')
          this.measuring.spoil(`membership changed: ${nodeId} ${state}`)
      }),
      sync.tunerPort.onMeasurements((from, measurements) => {
        this.noteMode()
        if (this.mode === 'active') this.measuring.add(from, measurements)
      }),
      sync.tunerPort.onDelivery((sample) => observeDelivery(this.measuring, sample)),
    ]
  }

  private scheduleBeat(): void {
    this.cancelBeat()
    // A listener that was called before this one may have stopped the tuner.
    if (!this.isRunning) return
    const heard = this.sync?.get(...splitName(HEARTBEAT_INTERVAL))
    const beatMs = typeof heard === 'number' ? heard : BEAT_MS_DEFAULT
    this.cancelBeat = this.scheduler.schedule(beatMs, () => {
      this.beat(beatMs)
      this.scheduleBeat()
    })
  }

  private beat(beatMs: number): void {
    this.noteMode()
    this.measuring.beat(this.mode)
    const lengthMs = Math.max(this.windowMs, this.measuring.windowBeats * beatMs)
    // A timer fires a little early or late: a window is not one beat longer for that.
    if (this.measuring.elapsedMs >= lengthMs - beatMs / 2) void this.closeWindow()
  }

  private get windowMs(): number {
    return this.setting('interval_seconds', WINDOW_SECONDS_DEFAULT) * 1000
  }

  async adjustNow(): Promise<Readonly<Record<string, string>>> {
    this.noteMode()
    this.measuring.collect(this.mode)
    await this.closeWindow()
    return Object.fromEntries(this.runs.all().map(({ objective, note }) => [objective.name, note]))
  }

  private async closeWindow(): Promise<void> {
    const closed = this.measuring.close()
    await Promise.all(this.runs.all().map((run) => this.decisions.decide(run, closed)))
    this.events.emit('window', this.status())
  }

  /** Follows the coordinator: a new one begins with what its predecessor left. */
  private noteMode(): void {
    const { mode, lastMode } = this
    if (mode === lastMode) return
    this.lastMode = mode
    this.sync?.tunerPort.setMode(mode)
    this.states.begin(mode)
    this.measuring.turn(lastMode, mode)
    this.events.emit('mode', { mode })
  }

  /** What came back merged is what counts, whoever published it. */
  private onChange({ changes }: ChangeEvent): void {
    for (const change of changes) {
      const { section, parameter, update } = change
      const name = `${section}.${parameter}`
      if (section === TUNER_STATE_SECTION) this.states.follow(parameter, update.reason)
      else if (section === 'auto_tuner') this.onSetting()
      else if (name === HEARTBEAT_INTERVAL) this.scheduleBeat()
      this.onTuned(name, change)
    }
  }

  private onSetting(): void {
    this.retarget()
    this.noteMode()
  }

  private onTuned(name: string, change: ParameterChangeView): void {
    const { section, parameter, value, update } = change
    const run = this.runs.of(name)
    if (run === undefined) return
    this.measuring.changed()
    if (value !== undefined) this.parameters.keep(section, parameter, value)
    if (update.epoch > 0) this.log.noteChange(run.objective.name, change, this.wallClock())
    // A tuner moves at the end of a window. Anybody else moves within one, which is then of two values.
    if (update.epoch === 0) this.measuring.spoil(`somebody changed ${name}`)
    else if (this.mode === 'active' && !this.decisions.carryingOut)
      this.measuring.spoil(`${name} was adjusted from elsewhere`)
  }

  async applyAdjustment(adjustment: Adjustment): Promise<void> {
    const name = `${adjustment.section}.${adjustment.parameter}`
    const run = this.runs.of(name)
    await this.decisions.apply(run?.objective.name ?? '', adjustment)
    if (this.sync === undefined && run) this.measuring.spoil(`${name} was adjusted from elsewhere`)
  }

  /** In a mesh it is told as a change. */
  private applied(objective: string, adjustment: Adjustment): void {
    if (this.sync === undefined) this.log.note(objective, adjustment, '', this.wallClock())
  }

  /** A value of nobody's objective stays what it is: with the tuner's priority it would lose against everybody's. */
  async release(name: string): Promise<void> {
    if (this.runs.of(name) === undefined)
      throw new ConfigSyncError('PARAMETER_UNKNOWN', `${name} belongs to no objective of this tuner`)
    const [section, parameter] = splitName(name)
    const value = this.sync?.get(section, parameter)
    if (value !== undefined) await this.sync!.publishUpdate(section, parameter, value, RELEASED)
  }

  status(): TunerStatus {
    return {
      mode: this.mode,
      epoch: this.epoch,
      windowMs: this.windowMs,
      objectives: this.runs.all().map((run) => objectiveStatus(run, this.parameters.of(run.objective))),
    }
  }
}
