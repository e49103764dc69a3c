import { ConfigSyncError } from '#core/errors'
import { type JsonValue, jsonEqual } from '#core/json'
import type { TunerMode } from '#core/protocol'
import { type Scheduler, systemScheduler } from '#mesh/scheduler'
import type { ConfigSync } from '#node/api'
import { type Declarations, NO_DECLARATIONS, TUNER_STATE_SECTION } from '#node/declarations'
import type { ChangeEvent } from '#node/types'
import { type Adjustment, type AdjustmentRecord, adjustmentOf } from './adjustment.ts'
import { AdjustmentLog } from './adjustment-log.ts'
import type { ClosedWindow } from './gathered-windows.ts'
import type { Verdict } from './look.ts'
import { Measuring } from './measuring.ts'
import { MESH_OBJECTIVE, meshObjective, observeDelivery } from './mesh-objective.ts'
import type { Objective } from './objective.ts'
import type { ObjectiveRun } from './objective-run.ts'
import { ObjectiveRuns } from './objective-runs.ts'
import type { Tunable, TuningStrategy } from './strategy.ts'
import { declaredTunables, splitName, TUNER_PRIORITY, tunableOf } from './tunables.ts'
import { type TunerEventMap, TunerEvents } from './tuner-events.ts'
import { objectiveStatus, type TunerStatus } from './tuner-status.ts'
import { publishedAlike, stateChange, stateFromJson, stateToJson, type TuningState } from './tuning-state.ts'

export interface AutoTunerOptions {
  /** undefined: single-node mode, adjustments go straight into `config` */
  readonly configSyncManager?: ConfigSync
  /** what the program reads its parameters from; kept up to date with what the mesh agreed on */
  readonly config?: Record<string, Record<string, JsonValue>>
  /** beside the built-in one for ConfigSync's own delivery */
  readonly objectives?: readonly Objective[]
  /** of one's own, by name */
  readonly strategies?: readonly TuningStrategy[]
  /** bounds in single-node mode; with a manager, its declarations count */
  readonly parameters?: Declarations
  /** elapsed time and timers; default: the manager's, else the machine's */
  readonly scheduler?: Scheduler
  /** milliseconds since 1970 */
  readonly wallClock?: () => number
}

const HEARTBEAT_INTERVAL = 'mesh.heartbeat_interval_ms'
/** Where there is no mesh that says otherwise. */
const BEAT_MS_DEFAULT = 1_000
const WINDOW_SECONDS_DEFAULT = 10
const STEP_RATIO_DEFAULT = 0.2

/**
 * Measures, and moves parameters towards their goals. On the coordinator it is active; elsewhere it observes: it measures,
 * says what it would do, and reports what it measured to the coordinator. It never sets a value itself: it publishes, and
 * takes what comes back merged.
 */
export class AutoTuner {
  private readonly options: AutoTunerOptions
  private readonly events = new TunerEvents()
  private readonly log = new AdjustmentLog(this.events)
  private runs: ObjectiveRuns
  private sync: ConfigSync | undefined
  private measuring: Measuring
  private cancelBeat: () => void = () => undefined
  private stopListening: readonly (() => void)[] = []
  private running = false
  private lastMode: TunerMode = 'off'

  /** @throws ConfigSyncError OBJECTIVE_INVALID */
  constructor(options: AutoTunerOptions = {}) {
    this.options = options
    this.sync = options.configSyncManager
    this.measuring = new Measuring(this.scheduler)
    this.runs = this.prepared(this.sync)
  }

  /** Joins a mesh, or (undefined) leaves it for single-node mode. @throws ConfigSyncError OBJECTIVE_INVALID */
  setConfigSyncManager(manager: ConfigSync | undefined): void {
    const { running } = this
    // First, so that a manager whose declarations do not fit changes nothing.
    const runs = this.prepared(manager)
    this.stop()
    this.sync = manager
    this.measuring = new Measuring(this.scheduler)
    this.runs = runs
    if (running) this.start()
  }

  private prepared(sync: ConfigSync | undefined): ObjectiveRuns {
    const { objectives: own = [], strategies = [] } = this.options
    const mesh = this.meshObjective(sync)
    return new ObjectiveRuns(mesh ? [mesh, ...own] : own, strategies, this.declarationsOf(sync))
  }

  /** The built-in one by the targets of now; undefined without a mesh, or where the program has one of its own in its place. */
  private meshObjective(sync: ConfigSync | undefined): Objective | undefined {
    const isOwn = this.options.objectives?.some(({ name }) => name === MESH_OBJECTIVE)
    return sync === undefined || isOwn ? undefined : meshObjective(sync)
  }

  /** Targets are settings, and so taken live: what is under way goes on towards the new ones. */
  private retarget(): void {
    const objective = this.meshObjective(this.sync)
    const run = this.runs.get(MESH_OBJECTIVE)
    if (objective && run) run.objective = objective
  }

  private setting(parameter: string, otherwise: number): number {
    const value = this.sync?.get('auto_tuner', parameter)
    return typeof value === 'number' ? value : otherwise
  }

  private declarationsOf(sync: ConfigSync | undefined): Declarations {
    return sync?.tunerPort.declarations ?? this.options.parameters ?? NO_DECLARATIONS
  }

  private get scheduler(): Scheduler {
    return this.options.scheduler ?? this.sync?.tunerPort.scheduler ?? systemScheduler
  }

  private wallClock(): number {
    return (this.options.wallClock ?? this.sync?.tunerPort.wallClock ?? Date.now)()
  }

  get mode(): TunerMode {
    if (!this.running) return 'off'
    if (this.sync === undefined) return 'single-node'
    if (this.sync.get('auto_tuner', 'enabled') === false) return 'off'
    return this.sync.isCoordinator() ? 'active' : 'observing'
  }

  /** Begins to measure; the first window ends after `auto_tuner.interval_seconds`, or 5 H if that is longer. */
  start(): void {
    if (this.running) return
    this.running = true
    this.measuring.begin()
    if (this.sync) this.stopListening = this.listen(this.sync)
    this.retarget()
    this.fillConfig()
    this.noteMode()
    this.scheduleBeat()
  }

  /** Stops measuring and deciding; values stay as they are. */
  stop(): void {
    if (!this.running) return
    this.running = false
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
        if (this.mode === 'active') this.measuring.add(from, measurements)
      }),
      sync.tunerPort.onDelivery((sample) => observeDelivery(this.measuring, sample)),
    ]
  }

  /**
   * One sample of one's own metric: a number, or whether something succeeded. Costs well under a microsecond.
   * @throws ConfigSyncError METRIC_INVALID
   */
  observe(metric: string, value: number | boolean): void {
    this.measuring.observe(metric, value)
  }

  /** Returns what takes the listener off again. */
  on<Name extends keyof TunerEventMap>(name: Name, listener: (event: TunerEventMap[Name]) => void): () => void {
    return this.events.on(name, listener)
  }

  private scheduleBeat(): void {
    this.cancelBeat()
    const heard = this.sync?.get(...splitName(HEARTBEAT_INTERVAL))
    const beatMs = typeof heard === 'number' ? heard : BEAT_MS_DEFAULT
    this.cancelBeat = this.scheduler.schedule(beatMs, () => {
      this.beat(beatMs)
      if (this.running) this.scheduleBeat()
    })
  }

  private beat(beatMs: number): void {
    this.noteMode()
    this.measuring.beat(this.mode, this.sync?.tunerPort)
    const lengthMs = Math.max(this.windowMs, this.measuring.windowBeats(this.sync?.tunerPort) * beatMs)
    // A timer fires a little early or late: a window is not one beat longer for that.
    if (this.measuring.elapsedMs >= lengthMs - beatMs / 2) void this.closeWindow()
  }

  private get windowMs(): number {
    return this.setting('interval_seconds', WINDOW_SECONDS_DEFAULT) * 1000
  }

  /**
   * Ends the window under way now and decides from it, whatever its length.
   * @returns what was decided for each objective, in a sentence
   */
  async adjustNow(): Promise<Readonly<Record<string, string>>> {
    this.measuring.beat(this.mode, this.sync?.tunerPort)
    await this.closeWindow()
    return Object.fromEntries(this.runs.all().map(({ objective, note }) => [objective.name, note]))
  }

  private async closeWindow(): Promise<void> {
    const closed = this.measuring.close()
    await Promise.all(this.runs.all().map((run) => this.decide(run, closed)))
    this.events.emit('window', this.status())
  }

  private async decide(run: ObjectiveRun, closed: ClosedWindow): Promise<void> {
    const unusable = this.mode === 'off' ? 'the tuner is off' : closed.spoiled
    if (unusable !== undefined) return run.skip(closed, unusable)
    const verdict = this.verdictOf(run, closed)
    if (verdict === undefined) return
    if (this.mode === 'observing') run.observe(verdict)
    else await this.carryOut(run, verdict)
  }

  /** undefined when the strategy threw, which may be the program's own: nothing is known then, and nothing moves. */
  private verdictOf(run: ObjectiveRun, closed: ClosedWindow): Verdict | undefined {
    const stepRatioMax = this.setting('max_adjustment_pct', STEP_RATIO_DEFAULT)
    try {
      return run.look(closed, this.tunables(run.objective), stepRatioMax)
    } catch (cause) {
      const { strategy, objective } = run
      const detail = `strategy ${strategy.name} of objective ${objective.name}: ${cause}`
      run.skip(closed, detail)
      this.events.emit('error', new ConfigSyncError('STRATEGY_FAILED', detail, { cause }))
      return undefined
    }
  }

  private tunables(objective: Objective): Tunable[] {
    return declaredTunables(objective, this.declarationsOf(this.sync)).map((declaration) => {
      const { section, parameter } = declaration
      if (this.sync)
        return tunableOf(declaration, this.sync.get(section, parameter), this.sync.inspect(section, parameter))
      const value = this.options.config?.[section]?.[parameter] ?? declaration.default
      return tunableOf(declaration, value, undefined)
    })
  }

  private async carryOut(run: ObjectiveRun, { state, move, note }: Verdict): Promise<void> {
    const { objective, state: before } = run
    run.state = state
    try {
      if (move) await this.apply(objective.name, adjustmentOf(move, this.sync?.tunerPort.epoch ?? 0), state)
      else if (this.sync && !publishedAlike(before, state))
        await this.sync.tunerPort.publish([stateChange(objective.name, state, TUNER_PRIORITY)])
    } catch (error) {
      return run.notPublished(before, error)
    }
    if (state.frozen && !before.frozen) this.events.emit('frozen', { objective: objective.name, reason: note })
  }

  /**
   * Publishes an adjustment through the mesh, which only the coordinator may; in single-node mode applies it directly.
   * @throws ConfigSyncError NOT_COORDINATOR, and as `publishUpdate`
   */
  async applyAdjustment(adjustment: Adjustment): Promise<void> {
    const run = this.runs.of(`${adjustment.section}.${adjustment.parameter}`)
    await this.apply(run?.objective.name ?? '', adjustment, undefined)
  }

  private async apply(objective: string, adjustment: Adjustment, state: TuningState | undefined): Promise<void> {
    const { section, parameter, newValue: value, reason } = adjustment
    if (this.sync === undefined) {
      this.setOwnConfig(section, parameter, value)
      return this.log.note(objective, adjustment, '', this.wallClock())
    }
    const change = { section, parameter, value, priority: TUNER_PRIORITY, reason }
    // In one group: whoever has the adjustment knows that it is on trial, and no successor makes it again.
    await this.sync.tunerPort.publish(state ? [change, stateChange(objective, state, TUNER_PRIORITY)] : [change])
  }

  /** What the program reads before anything was adjusted. */
  private fillConfig(): void {
    for (const { objective } of this.runs.all()) {
      for (const { name, value } of this.tunables(objective))
        if (Number.isFinite(value)) this.setOwnConfig(...splitName(name), value)
    }
  }

  private setOwnConfig(section: string, parameter: string, value: JsonValue): void {
    const { config } = this.options
    if (config === undefined) return
    config[section] ??= {}
    config[section][parameter] = value
  }

  /** What came back merged is what counts, whoever published it. */
  private onChange({ changes }: ChangeEvent): void {
    for (const change of changes) {
      const { section, parameter, value, update } = change
      const name = `${section}.${parameter}`
      if (section === TUNER_STATE_SECTION) this.onState(parameter, update.reason)
      else if (section === 'auto_tuner') this.retarget()
      else if (name === HEARTBEAT_INTERVAL) this.scheduleBeat()
      const run = this.runs.of(name)
      if (run === undefined) continue
      if (value !== undefined) this.setOwnConfig(section, parameter, value)
      if (update.epoch > 0) this.log.noteChange(run.objective.name, change, this.wallClock())
      // A tuner moves at the end of a window. Anybody else moves within one, which is then of two values.
      else this.measuring.spoil(`somebody changed ${name}`)
    }
  }

  /** What this node published is there already; another coordinator's, or a person's, is where to go on. */
  private onState(objective: string, reason = 'too many moves in a row had to be taken back'): void {
    const run = this.runs.get(objective)
    const stands = this.sync?.get(TUNER_STATE_SECTION, objective)
    if (run && !(stands !== undefined && jsonEqual(stands, stateToJson(run.state)))) this.adopt(run, reason)
  }

  /** Whether a parameter, `section.parameter`, belongs to one of the objectives. */
  tunes(name: string): boolean {
    return this.runs.of(name) !== undefined
  }

  private adopt(run: ObjectiveRun, reason: string): void {
    const { name } = run.objective
    const wasFrozen = run.state.frozen
    run.adopt(this.sync!.get(TUNER_STATE_SECTION, name))
    const { frozen } = run.state
    if (frozen !== wasFrozen) this.events.emit(frozen ? 'frozen' : 'released', { objective: name, reason })
  }

  /** Follows the coordinator: a new one begins with what its predecessor left. */
  private noteMode(): void {
    const { mode } = this
    if (mode === this.lastMode) return
    this.lastMode = mode
    this.sync?.tunerPort.setMode(mode)
    if (this.sync) for (const run of this.runs.all()) this.adopt(run, 'found so')
    this.measuring.begin()
    this.events.emit('mode', { mode })
  }

  /** Adjustments as they came into force here, newest first. */
  history(): readonly AdjustmentRecord[] {
    return this.log.list()
  }

  status(): TunerStatus {
    return {
      mode: this.mode,
      epoch: this.sync?.tunerPort.epoch ?? 0,
      windowMs: this.windowMs,
      objectives: this.runs.all().map((run) => objectiveStatus(run, this.tunables(run.objective))),
    }
  }

  /**
   * Gives a parameter that a person set to the tuner: its value becomes one that may be moved. Without a name every frozen
   * objective goes on. May be called on any node.
   * @throws ConfigSyncError as `publishUpdate`
   */
  async release(name?: string): Promise<void> {
    if (name === undefined) return this.setFrozen(false, 'released')
    const [section, parameter] = splitName(name)
    const value = this.sync?.get(section, parameter)
    if (value === undefined) return
    const reason = 'released to the tuner'
    await this.sync!.publishUpdate(section, parameter, value, { priority: TUNER_PRIORITY, reason })
  }

  /** Every objective stays where it is until it is released. May be called on any node. @throws as `publishUpdate` */
  async freeze(reason = 'frozen by hand'): Promise<void> {
    await this.setFrozen(true, reason)
  }

  private async setFrozen(frozen: boolean, reason: string): Promise<void> {
    for (const run of this.runs.all()) {
      const { name } = run.objective
      const stands = this.sync ? stateFromJson(this.sync.get(TUNER_STATE_SECTION, name)) : run.state
      // What is not frozen goes on already, with its trial.
      if (stands.frozen === frozen) continue
      const state = { ...stands, frozen, revertsInRow: 0, trial: undefined }
      if (this.sync) {
        // With a person's priority, so that it stands beside what the coordinator writes at the same moment.
        await this.sync.publishUpdates([{ ...stateChange(name, state, 0), reason }])
        this.onState(name, reason)
        continue
      }
      run.state = state
      this.events.emit(frozen ? 'frozen' : 'released', { objective: name, reason })
    }
  }
}
