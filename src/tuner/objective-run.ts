import type { ConfigSyncError, ErrorCode } from '#core/errors'
import type { JsonValue } from '#core/json'
import { type ClosedWindow, GatheredWindows } from './gathered-windows.ts'
import { BLOCKED_MS } from './guard.ts'
import { GuardedStrategy } from './guarded-strategy.ts'
import { isSettling, look, type Move, type Verdict } from './look.ts'
import { metricsOf, type Objective } from './objective.ts'
import type { Tunable, TuningStrategy } from './strategy.ts'
import { Trend } from './trend.ts'
import { type Blocked, INITIAL_STATE, stateFromJson, type TuningState } from './tuning-state.ts'
import { measuredOf, tooFewSamples, type WindowView, windowOf } from './window.ts'

/** Windows with too few samples that are judged together with the next: then what is in them is too old. */
const GATHERED_MAX = 6

/** One objective on one node: where its tuning stands, and what was measured since its trial began. */
export class ObjectiveRun {
  /** its goals may move; its name and parameters stay */
  objective: Objective
  readonly strategy: GuardedStrategy
  state: TuningState = INITIAL_STATE
  /** what the last window led to, in a sentence */
  note = 'no window yet'
  /** the last window, measured or not */
  window: WindowView | undefined
  private readonly sinceTrial: GatheredWindows
  /** the latest window, and those before it that had too few samples each */
  private readonly latest: GatheredWindows
  private trend = new Trend()

  constructor(objective: Objective, strategy: TuningStrategy) {
    this.objective = objective
    this.strategy = new GuardedStrategy(strategy, objective.name)
    this.sinceTrial = new GatheredWindows(metricsOf(objective))
    this.latest = new GatheredWindows(metricsOf(objective))
  }

  /** What was measured until now is of other nodes, or of another time, than what comes. */
  begin(): void {
    this.latest.clear()
    this.sinceTrial.clear()
    this.trend = new Trend()
  }

  /** Goes on where another node, or a person, left it. */
  adopt(json: JsonValue | undefined): void {
    this.state = stateFromJson(json)
    this.sinceTrial.clear()
  }

  /** Begins where its predecessor ended: what that one measured of a trial went with it, so the trial begins again. */
  takeOver(json: JsonValue | undefined): void {
    this.adopt(json)
    const { trial } = this.state
    if (trial) this.state = { ...this.state, trial: { ...trial, windows: 0 } }
  }

  /** A window that cannot be judged: nothing is decided, and a trial counts on with the next one. */
  skip(window: ClosedWindow, why: string): void {
    this.window = windowOf(window.metrics, window.elapsedMs, window.perSecond)
    this.latest.clear()
    this.note = `window skipped: ${why}`
  }

  /** What follows from a window; `state` is the caller's to set, once it is published. */
  look(closed: ClosedWindow, tunables: readonly Tunable[], stepRatioMax: number): Verdict {
    // A strategy may begin a trial with the window that ended another.
    if ((this.state.trial?.windows ?? 0) === 0 && this.latest.windows === 0) this.sinceTrial.clear()
    this.latest.add(closed)
    this.sinceTrial.add(closed)
    const { objective, strategy } = this
    const window = this.latest.view()
    this.window = window
    const judged = tooFewSamples(objective, window) === undefined
    if (judged) this.trend.add(measuredOf(objective, window).p95)
    const { elapsedMs } = closed
    // What began before the last move is not judged together with what comes after it.
    if (judged || isSettling(this.state, elapsedMs) || this.latest.windows >= GATHERED_MAX) this.latest.clear()
    const { rise } = this.trend
    const sinceTrial = this.sinceTrial.view()
    const at = { objective, strategy, tunables, window, elapsedMs, sinceTrial, rise, stepRatioMax }
    const verdict = look(this.state, at)
    this.note = verdict.note
    return verdict
  }

  /** On a node that only observes: what it would do is said; what would come of it can only be learned by doing it. */
  observe({ state, move, note }: Verdict): void {
    this.state = { ...state, trial: undefined }
    if (move) this.note = `would move ${note}`
  }

  /**
   * Deposed meanwhile, or refused by a schema: nothing was changed, and what is on trial still is. A value that was refused is left
   * alone, or a strategy would want it again in every window.
   * @param before what stood then
   */
  notPublished(before: TuningState, { state, move }: Verdict, error: ConfigSyncError): void {
    this.note = `not published: ${error.message}`
    // Somebody else's came meanwhile, and stands.
    if (this.state !== state) return
    const refused = move?.type === 'adjust' && REFUSALS.includes(error.code) ? [blockedBy(move)] : []
    this.state = {
      ...before,
      settleMs: Math.min(before.settleMs, state.settleMs),
      pauseLeft: this.strategy.pauseWindows,
      blocked: [...before.blocked, ...refused],
    }
  }
}

const REFUSALS: readonly ErrorCode[] = ['VALUE_INVALID', 'ADJUSTMENT_INVALID']

const blockedBy = ({ name, newValue }: Move): Blocked => ({ name, value: newValue, leftMs: BLOCKED_MS, sinceMs: 0 })
