import type { TunerMode } from '#core/protocol'
import type { ConfigSync } from '#node/api'
import type { Adjustment, AdjustmentRecord } from './adjustment.ts'
import { AdjustmentLog } from './adjustment-log.ts'
import { type TunerEventMap, TunerEvents } from './tuner-events.ts'
import type { AutoTunerOptions } from './tuner-options.ts'
import { TunerSession } from './tuner-session.ts'
import type { TunerStatus } from './tuner-status.ts'

export type { AutoTunerOptions } from './tuner-options.ts'

/**
 * Measures, and moves parameters towards their goals. On the coordinator it is active; elsewhere it observes: it measures,
 * says what it would do, and reports what it measured to the coordinator. It never sets a value itself: it publishes, and
 * takes what comes back merged.
 */
export class AutoTuner {
  private readonly options: AutoTunerOptions
  private readonly events = new TunerEvents()
  private readonly log = new AdjustmentLog(this.events)
  private session: TunerSession

  /** @throws ConfigSyncError OBJECTIVE_INVALID */
  constructor(options: AutoTunerOptions = {}) {
    this.options = options
    this.session = this.sessionIn(options.configSyncManager)
  }

  private sessionIn(sync: ConfigSync | undefined): TunerSession {
    return new TunerSession(sync, this.options, this.events, this.log)
  }

  /** Joins a mesh, or (undefined) leaves it for single-node mode. @throws ConfigSyncError OBJECTIVE_INVALID */
  setConfigSyncManager(manager: ConfigSync | undefined): void {
    const { running } = this.session
    // First, so that a manager whose declarations do not fit changes nothing.
    const session = this.sessionIn(manager)
    this.session.stop()
    this.session = session
    if (running) session.start()
  }

  get mode(): TunerMode {
    return this.session.mode
  }

  /** Begins to measure; the first window ends after `auto_tuner.interval_seconds`, or 5 H if that is longer. */
  start(): void {
    this.session.start()
  }

  /** Stops measuring and deciding; values stay as they are. */
  stop(): void {
    this.session.stop()
  }

  /**
   * One sample of one's own metric: a number, or whether something succeeded. Costs well under a microsecond.
   * @throws ConfigSyncError METRIC_INVALID
   */
  observe(metric: string, value: number | boolean): void {
    this.session.measuring.observe(metric, value)
  }

  /** Returns what takes the listener off again. */
  on<Name extends keyof TunerEventMap>(name: Name, listener: (event: TunerEventMap[Name]) => void): () => void {
    return this.events.on(name, listener)
  }

  /**
   * Ends the window under way now and decides from it, whatever its length.
   * @returns what was decided for each objective, in a sentence
   */
  async adjustNow(): Promise<Readonly<Record<string, string>>> {
    return this.session.adjustNow()
  }

  /**
   * Publishes an adjustment through the mesh, which only the coordinator may; in single-node mode applies it directly. It is on
   * trial with nobody, and replaces what a person set, unless both write at the same moment: then the person's stands.
   * @throws ConfigSyncError ADJUSTMENT_INVALID: the parameter is not declared with `tune`, or the value is not on its grid and
   *   within its bounds; NOT_COORDINATOR, and as `publishUpdate`. Nothing was changed then.
   */
  async applyAdjustment(adjustment: Adjustment): Promise<void> {
    await this.session.applyAdjustment(adjustment)
  }

  /** Adjustments as they came into force here, newest first. */
  history(): readonly AdjustmentRecord[] {
    return this.log.list()
  }

  status(): TunerStatus {
    return this.session.status()
  }

  /**
   * Gives a parameter that a person set to the tuner: its value becomes one that may be moved. Without a name every frozen
   * objective goes on. May be called on any node.
   * @throws ConfigSyncError PARAMETER_UNKNOWN: it belongs to no objective; and as `publishUpdate`
   */
  async release(name?: string): Promise<void> {
    if (name === undefined) await this.session.states.setFrozen(false, 'released')
    else await this.session.release(name)
  }

  /** Every objective stays where it is until it is released. May be called on any node. @throws as `publishUpdate` */
  async freeze(reason = 'frozen by hand'): Promise<void> {
    await this.session.states.setFrozen(true, reason)
  }
}
