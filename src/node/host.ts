import { Core, type Input } from '#core/core'
import type { Effect, StoreBatch } from '#core/effects'
import { ConfigSyncError } from '#core/errors'
import type { CoreEvent } from '#core/events'
import type { NodeId } from '#core/identity'
import type { Message } from '#core/protocol'
import type { CoreOptions } from '#core/self'
import type { Update } from '#core/update'
import type { MeshAdapter } from '#mesh/adapter'
import type { Scheduler } from '#mesh/scheduler'
import type { ConflictEntry, HistoryEntry, JournalBatch } from '#store/journal'
import type { MemoryJournal } from '#store/memory-journal'
import type { Store } from '#store/store'
import { conflictEntry, historyEntry } from './journal-entries.ts'

export interface HostOptions {
  readonly core: CoreOptions
  readonly adapter: MeshAdapter
  readonly store: Store | undefined
  /** of a node without a store */
  readonly journal: MemoryJournal | undefined
  readonly scheduler: Scheduler
  /** the machine's clock, milliseconds since 1970 */
  readonly wallClock: () => number
  /** @param atMs the machine's clock in the step that it belongs to: the journal has the same */
  readonly onEvent: (event: CoreEvent, atMs: number) => void
  /** nothing is stored from now on, until `onStoreRecovered` */
  readonly onStoreFailed: (error: ConfigSyncError) => void
  readonly onStoreRecovered: () => void
  /** members' addresses that heartbeats brought */
  readonly onAddresses: (addresses: readonly string[]) => void
}

/** Own updates, and when they are stored. */
export interface Written {
  readonly updates: readonly Update[]
  readonly stored: Promise<void> | undefined
}

interface Commit {
  readonly version: number
  /** rejects with STORE_FAILED */
  readonly done: Promise<void>
}

/** Entries of the journal that wait for a store that has failed. */
const JOURNAL_WAITING_MAX = 1_000

type InputBody = Input extends infer I ? (I extends Input ? Omit<I, 'nowMs' | 'wallMs'> : never) : never

/** A step as its effects are performed: when it was, and whether the node was up to date before it. */
interface Moment {
  readonly atMs: number
  readonly wasReady: boolean
}

/** Feeds one core and does what it asks for: sends, stores, wakes it in time. Everything it knows, the core decides. */
export class Host {
  readonly core: Core
  private readonly options: HostOptions
  private readonly events: { readonly event: CoreEvent; readonly atMs: number }[] = []
  private performing = 0
  private delivering = false
  private wakeAtMs = Number.POSITIVE_INFINITY
  private cancelWake: () => void = () => undefined
  private lastCommit: Commit | undefined
  private written: Extract<Effect, { type: 'written' }> | undefined
  /** of the last batch that the store has answered for */
  private storeFailure: ConfigSyncError | undefined
  private history: HistoryEntry[] = []
  private conflicts: ConflictEntry[] = []

  constructor(options: HostOptions) {
    this.options = options
    this.core = new Core(options.core)
  }

  input(body: InputBody): void {
    const { scheduler, wallClock } = this.options
    this.step({ ...body, nowMs: scheduler.nowMs(), wallMs: wallClock() } as Input)
    this.deliverEvents()
  }

  private step(input: Input): void {
    const moment = { atMs: input.wallMs, wasReady: this.core.ready }
    const effects = this.core.step(input)
    if (effects.length > 0) {
      this.performing++
      for (const effect of effects) this.perform(effect, moment)
      this.performing--
      this.options.journal?.note(this.takeJournal())
    }
    this.arm()
  }

  message(from: NodeId, message: Message): void {
    const { scheduler, wallClock } = this.options
    this.step({ type: 'message', from, message, nowMs: scheduler.nowMs(), wallMs: wallClock() })
    this.deliverEvents()
  }

  /** A local write; the updates are broadcast when this returns. */
  write(changes: Extract<Input, { type: 'write' }>['changes']): Written {
    const { scheduler, wallClock } = this.options
    this.step({ type: 'write', changes, nowMs: scheduler.nowMs(), wallMs: wallClock() })
    // A listener may write too, so what this write came to is taken before anybody is told.
    const { updates, version } = this.written!
    const written = { updates, stored: version === undefined ? undefined : this.storedAs(version) }
    this.deliverEvents()
    return written
  }

  /** After a failure nothing is stored until everything is: what is written meanwhile is not waited for. */
  private storedAs(version: number): Promise<void> {
    if (this.lastCommit?.version === version) return this.lastCommit.done
    return Promise.reject(this.storeFailure ?? new ConfigSyncError('STORE_FAILED', 'this node has stopped'))
  }

  private perform(effect: Effect, moment: Moment): void {
    switch (effect.type) {
      case 'broadcast':
        return this.options.adapter.broadcast(effect.message)
      case 'send':
        return this.options.adapter.send(effect.to, effect.message)
      case 'persist':
        return this.commit(effect.version, effect.batch)
      case 'written':
        this.written = effect
        return
      case 'emit':
        this.events.push({ event: effect.event, atMs: moment.atMs })
        return this.noteEvent(effect.event, moment)
      case 'addresses':
        return this.options.onAddresses(effect.addresses)
    }
  }

  /** What a step changed is stored with its state: the batch is the last effect of a step. */
  private noteEvent(event: CoreEvent, { atMs, wasReady }: Moment): void {
    if (event.type === 'changed') {
      // What a node is handed until it is up to date stood earlier: the history says so without an entry for each.
      const catchingUp = event.source === 'repair' && !wasReady
      for (const change of event.changes)
        if (!catchingUp || change.before.length > 0) this.history.push(historyEntry(event.source, change, atMs))
    }
    if (event.type === 'conflict') this.conflicts.push(conflictEntry(event.siblings, atMs))
    // After a failure nothing takes them until storing works again, which may be long.
    if (this.history.length > 2 * JOURNAL_WAITING_MAX && this.storeFailure !== undefined)
      this.history = this.history.slice(-JOURNAL_WAITING_MAX)
    if (this.conflicts.length > 2 * JOURNAL_WAITING_MAX && this.storeFailure !== undefined)
      this.conflicts = this.conflicts.slice(-JOURNAL_WAITING_MAX)
  }

  private takeJournal(): JournalBatch {
    const { history, conflicts } = this
    if (history.length > 0) this.history = []
    if (conflicts.length > 0) this.conflicts = []
    return { history, conflicts }
  }

  private commit(version: number, batch: StoreBatch): void {
    const stored = this.options.store!.commit(batch, this.takeJournal())
    const done = stored.then(
      () => this.onStored(),
      (cause) => this.onStoreFailed(version, cause),
    )
    // Whoever wrote hears of a failure; a commit that nobody waits for is no unhandled rejection.
    done.catch(() => undefined)
    this.lastCommit = { version, done }
  }

  private onStored(): void {
    if (this.storeFailure === undefined) return
    this.storeFailure = undefined
    this.options.onStoreRecovered()
  }

  private onStoreFailed(version: number, cause: unknown): never {
    const detail = cause instanceof ConfigSyncError ? `${cause.code}: ${cause.detail}` : String(cause)
    const error = new ConfigSyncError('STORE_FAILED', detail, { cause })
    const isNews = this.storeFailure === undefined
    this.storeFailure = error
    this.input({ type: 'storeFailed', version })
    if (isNews) this.options.onStoreFailed(error)
    throw error
  }

  /** Events go out after the effects of their step; what a listener causes comes after what it was called for. */
  private deliverEvents(): void {
    if (this.events.length === 0 || this.performing > 0 || this.delivering) return
    this.delivering = true
    for (let next = this.events.shift(); next !== undefined; next = this.events.shift())
      this.options.onEvent(next.event, next.atMs)
    this.delivering = false
  }

  /** A timer that fires early is harmless and cheap, so it is only set again when it would be too late. */
  private arm(): void {
    const earliestMs = this.core.earliestDeadlineMs
    if (earliestMs >= this.wakeAtMs || earliestMs === Number.POSITIVE_INFINITY) return
    this.cancelWake()
    this.wakeAtMs = earliestMs
    const { scheduler } = this.options
    this.cancelWake = scheduler.schedule(Math.max(0, earliestMs - scheduler.nowMs()), this.wake)
  }

  private readonly wake = (): void => {
    const { scheduler } = this.options
    const lateMs = scheduler.nowMs() - this.wakeAtMs
    this.wakeAtMs = Number.POSITIVE_INFINITY
    // After a stall what is queued on the sockets must be handled before timers, or the mesh looks dead to whoever slept.
    if (lateMs > this.core.stallMs) this.cancelWake = scheduler.schedule(1, this.tick)
    else this.tick()
  }

  private readonly tick = (): void => {
    this.wakeAtMs = Number.POSITIVE_INFINITY
    if (this.core.earliestDeadlineMs <= this.options.scheduler.nowMs()) this.input({ type: 'tick' })
    else this.arm()
  }

  /** Why nothing can be stored now; undefined when all is well. */
  get storeTrouble(): string | undefined {
    return this.storeFailure?.detail
  }

  /** Waits for what is being stored; rejects with STORE_FAILED when that fails. */
  async settle(): Promise<void> {
    await this.lastCommit?.done
  }

  stop(): void {
    this.cancelWake()
    this.wakeAtMs = Number.NEGATIVE_INFINITY
  }
}
