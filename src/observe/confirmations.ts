import type { NodeId, Origin, Sequence } from '#core/identity'
import type { ConfigSync } from '#node/api'
import type { ChangeEvent } from '#node/types'

const WINDOW_MS = 60 * 60_000
const MINUTE_MS = 60_000
/** Changes that wait for some member's word; what comes while so many wait is counted and not measured. */
const WAITING_MAX = 1_000
/** Samples of one minute that percentiles are taken from; the longest is always exact. */
const SAMPLES_MAX = 1_000

export interface ConfirmationsView {
  readonly windowMs: number
  readonly changes: number
  readonly waiting: number
  readonly oldestWaitingMs: number
  readonly unmeasured: number
  /** the longest of the window; undefined when nothing was measured */
  readonly boundMs: number | undefined
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  /** those in which something was measured, the oldest first */
  readonly minutes: readonly {
    readonly at: number
    readonly changes: number
    readonly p50Ms: number
    readonly boundMs: number
  }[]
}

interface Waiting {
  readonly origin: Origin
  readonly sequence: Sequence
  readonly sinceMs: number
  readonly missing: Set<NodeId>
}

/** What was measured in one minute. */
class Minute {
  readonly startedMs: number
  readonly at: number
  readonly samples: number[] = []
  changes = 0
  boundMs = 0

  constructor(startedMs: number, at: number) {
    this.startedMs = startedMs
    this.at = at
  }

  /** Beyond the bound the newest take the places of the oldest. */
  add(elapsedMs: number): void {
    this.samples[this.changes++ % SAMPLES_MAX] = elapsedMs
    this.boundMs = Math.max(this.boundMs, elapsedMs)
  }
}

/**
 * How long it takes from when a change is on this node until every member that was live then has shown, by a heartbeat, that
 * it has it too. It is an upper bound of how long it took them to have it: a member's word comes with its next heartbeat.
 * One clock measures both ends. A member that goes is no longer waited for.
 */
export class Confirmations {
  readonly #sync: ConfigSync
  readonly #nowMs: () => number
  readonly #live = new Set<NodeId>()
  readonly #waiting = new Set<Waiting>()
  readonly #stops: readonly (() => void)[]
  #minutes: Minute[] = []
  #unmeasured = 0

  /** To be constructed before `sync` starts: it learns from its events who is live. */
  constructor(sync: ConfigSync, nowMs: () => number = () => performance.now()) {
    this.#sync = sync
    this.#nowMs = nowMs
    this.#stops = [
      sync.on('change', (event) => this.#onChange(event)),
      sync.on('heartbeat', ({ nodeId }) => this.#onHeartbeat(nodeId)),
      sync.on('member', ({ nodeId, state }) => {
        if (state === 'left' || state === 'gone') this.#gone(nodeId)
        else this.#live.add(nodeId)
      }),
    ]
  }

  view(): ConfirmationsView {
    this.#dropOld()
    const nowMs = this.#nowMs()
    const samples = this.#minutes.flatMap((minute) => minute.samples).sort((a, b) => a - b)
    const [oldest] = this.#waiting
    return {
      windowMs: WINDOW_MS,
      changes: this.#minutes.reduce((sum, { changes }) => sum + changes, 0),
      waiting: this.#waiting.size,
      oldestWaitingMs: oldest ? nowMs - oldest.sinceMs : 0,
      unmeasured: this.#unmeasured,
      boundMs: this.#minutes.length === 0 ? undefined : Math.max(...this.#minutes.map(({ boundMs }) => boundMs)),
      p50Ms: rank(samples, 0.5),
      p99Ms: rank(samples, 0.99),
      minutes: this.#minutes.map((minute) => ({
        at: minute.at,
        changes: minute.changes,
        p50Ms: rank(
          minute.samples.toSorted((a, b) => a - b),
          0.5,
        )!,
        boundMs: minute.boundMs,
      })),
    }
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  /** The updates of one message are on a node together: the last of them stands for all. Old writes that a repair brings are no news. */
  #onChange({ source, changes }: ChangeEvent): void {
    if (source === 'repair' || this.#live.size === 0) return
    if (this.#waiting.size >= WAITING_MAX) {
      this.#unmeasured++
      return
    }
    const { origin, sequence } = changes.at(-1)!.update
    const missing = new Set<NodeId>()
    for (const nodeId of this.#live) if (!this.#sync.hasShown(nodeId, origin, sequence)) missing.add(nodeId)
    const waiting = { origin, sequence, sinceMs: this.#nowMs(), missing }
    this.#waiting.add(waiting)
    if (missing.size === 0) this.#confirmed(waiting)
  }

  #onHeartbeat(nodeId: NodeId): void {
    for (const waiting of this.#waiting) {
      const { origin, sequence, missing } = waiting
      if (!missing.has(nodeId) || !this.#sync.hasShown(nodeId, origin, sequence)) continue
      missing.delete(nodeId)
      if (missing.size === 0) this.#confirmed(waiting)
    }
  }

  #gone(nodeId: NodeId): void {
    this.#live.delete(nodeId)
    for (const waiting of this.#waiting) {
      if (!waiting.missing.delete(nodeId)) continue
      // It was not seen everywhere where it was awaited, which is no measurement.
      if (waiting.missing.size === 0) this.#waiting.delete(waiting)
    }
  }

  #confirmed(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    const nowMs = this.#nowMs()
    let minute = this.#minutes.at(-1)
    if (minute === undefined || nowMs - minute.startedMs >= MINUTE_MS) {
      minute = new Minute(nowMs, Date.now())
      this.#minutes.push(minute)
      this.#dropOld()
    }
    minute.add(nowMs - waiting.sinceMs)
  }

  #dropOld(): void {
    const sinceMs = this.#nowMs() - WINDOW_MS
    if (this.#minutes[0] && this.#minutes[0].startedMs < sinceMs)
      this.#minutes = this.#minutes.filter(({ startedMs }) => startedMs >= sinceMs)
  }
}

/** Percentile by nearest rank. */
const rank = (ascending: readonly number[], share: number): number | undefined =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]
