import type { StoreBatch, StoredState } from '#core/effects'
import type { NodeId, Origin, Sequence } from '#core/identity'
import type { Scheduler } from '#mesh/scheduler'
import type { ConflictEntry, HistoryEntry, JournalBatch, JournalLimits } from '#store/journal'
import { MemoryStore } from '#store/memory'
import type { Store } from '#store/store'

/** What a disk does just now: `full` and `failing` refuse to write, `slow` takes a hundred times as long. */
export type DiskCondition = 'well' | 'full' | 'failing' | 'slow'

/** When a commit resolves: once a killed process cannot lose it, or once a power cut cannot. */
export type Durability = 'process' | 'disk'

export interface DiskOptions {
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly durability: Durability
  /** called when a promise was settled: whoever moves the time lets the programs go on first */
  readonly onSettled: () => void
}

const WRITE_MS = [0.05, 4] as const
const SYNC_MS = [1, 15] as const
/** Written, it is synced so much later at the latest. */
const SYNC_AFTER_MS = 300
const SLOW_FACTOR = 100

interface Waiting {
  readonly batch: StoreBatch
  readonly journal: JournalBatch
  readonly resolve: () => void
  readonly reject: (cause: Error) => void
}

/**
 * A disk that outlives the processes that write to it. A killed process loses nothing that was written; a power cut
 * loses what was written since the last sync, or a part of it, always from the end. Batches that come while one is being
 * written are written together, and after one that failed nothing is written until a complete one comes (I5).
 */
export class SimulatedDisk {
  condition: DiskCondition = 'well'
  private readonly options: DiskOptions
  private written = new MemoryStore()
  private synced = new MemoryStore()
  private unsynced: Waiting[] = []
  private clean = { written: false, synced: false }
  /** of the process that has the disk open */
  private waiting: Waiting[] = []
  private busy = false
  /** a batch was refused: the next that is written has everything */
  private incomplete = false
  private opened = 0
  private syncing = false

  constructor(options: DiskOptions) {
    this.options = options
  }

  /** The disk as a process opens it. It answers to one process at a time. */
  store(): Store {
    return new DiskStore(this)
  }

  /** Whether what survives a kill has this dot, or what superseded it. */
  covers(origin: Origin, sequence: Sequence): boolean {
    const coverage = this.written['seen'].get(origin)
    if (coverage === undefined) return false
    return sequence <= coverage.contiguous || coverage.ranges.some(([from, to]) => from <= sequence && sequence <= to)
  }

  /** The process is gone. What it was writing is written or not; what waited is not. */
  kill(): void {
    const [first] = this.waiting
    if (this.busy && first !== undefined && this.options.random() < 0.5) this.apply(first)
    this.forgetProcess()
  }

  /** The machine is gone, and what the disk had not synced, or the later part of it. */
  powerCut(): void {
    const kept = Math.floor(this.options.random() * (this.unsynced.length + 1))
    for (const { batch, journal } of this.unsynced.slice(0, kept)) void this.synced.commit(batch, journal)
    this.forgetProcess()
    this.unsynced = []
    this.written = this.synced.copy()
    this.clean.written = this.clean.synced
  }

  private forgetProcess(): void {
    this.opened++
    this.waiting = []
    this.busy = false
    this.incomplete = false
    this.syncing = false
  }

  /** A copy taken while the node runs, or of a crashed one: it is never clean. */
  copy(): MemoryStore {
    return this.written.copy()
  }

  /** The folder is replaced by a copy; no process has it open. */
  replace(copy: MemoryStore): void {
    this.forgetProcess()
    this.written = copy.copy()
    this.synced = copy.copy()
    this.unsynced = []
    this.clean = { written: false, synced: false }
  }

  /** For DiskStore. */
  async open(nodeId: NodeId): Promise<StoredState | undefined> {
    await this.spend(SYNC_MS, this.opened)
    this.refuseIfBroken()
    const state = await this.written.open(nodeId)
    await this.synced.open(nodeId)
    const clean = this.clean.written
    this.clean = { written: false, synced: false }
    return state && { ...state, clean }
  }

  /** For DiskStore. */
  commit(batch: StoreBatch, journal: JournalBatch): Promise<void> {
    const stored = new Promise<void>((resolve, reject) => {
      this.waiting.push({ batch, journal, resolve, reject })
    })
    if (!this.busy) this.writeWaiting(this.opened)
    return stored
  }

  private writeWaiting(opened: number): void {
    this.busy = true
    const count = this.waiting.length
    this.later(WRITE_MS, opened, () => {
      this.busy = false
      for (const waiting of this.waiting.splice(0, count)) this.writeOne(waiting, opened)
      if (this.waiting.length > 0) this.writeWaiting(opened)
    })
  }

  private writeOne(waiting: Waiting, opened: number): void {
    if (waiting.batch.complete) this.incomplete = false
    if (this.broken) this.incomplete = true
    if (!this.incomplete) return this.wrote(waiting, opened)
    waiting.reject(new Error(`the disk was ${this.condition}`))
    this.options.onSettled()
  }

  private get broken(): boolean {
    return this.condition === 'full' || this.condition === 'failing'
  }

  private wrote(written: Waiting, opened: number): void {
    this.apply(written)
    if (this.options.durability === 'process') this.settle(written)
    this.sync(opened)
  }

  private apply(written: Waiting): void {
    void this.written.commit(written.batch, written.journal)
    this.unsynced.push(written)
  }

  private settle({ resolve }: Waiting): void {
    resolve()
    this.options.onSettled()
  }

  private sync(opened: number): void {
    if (this.syncing) return
    this.syncing = true
    const delayMs = this.options.durability === 'disk' ? 0 : this.options.random() * SYNC_AFTER_MS
    this.options.scheduler.schedule(delayMs, () => {
      if (opened === this.opened) this.syncUnsynced(opened)
    })
  }

  private syncUnsynced(opened: number): void {
    const count = this.unsynced.length
    this.later(SYNC_MS, opened, () => {
      this.syncing = false
      for (const synced of this.unsynced.splice(0, count)) {
        void this.synced.commit(synced.batch, synced.journal)
        if (this.options.durability === 'disk') this.settle(synced)
      }
      if (this.unsynced.length > 0) this.sync(opened)
    })
  }

  /** For DiskStore. A clean close syncs everything. */
  async close(clean: boolean): Promise<void> {
    await this.spend(SYNC_MS, this.opened)
    this.refuseIfBroken()
    for (const { batch, journal } of this.unsynced.splice(0)) void this.synced.commit(batch, journal)
    this.clean = { written: clean, synced: clean }
    this.forgetProcess()
  }

  private refuseIfBroken(): void {
    if (this.broken) throw new Error(`the disk is ${this.condition}`)
  }

  /** Resolves after a while, or never when the process is gone by then. */
  private spend(range: readonly [number, number], opened: number): Promise<void> {
    return new Promise((resolve) => {
      this.later(range, opened, () => {
        resolve()
        this.options.onSettled()
      })
    })
  }

  private later([leastMs, mostMs]: readonly [number, number], opened: number, then: () => void): void {
    const factor = this.condition === 'slow' ? SLOW_FACTOR : 1
    const ms = (leastMs + this.options.random() * (mostMs - leastMs)) * factor
    this.options.scheduler.schedule(ms, () => {
      if (opened === this.opened) then()
    })
  }

  /** For DiskStore. */
  journal(): MemoryStore {
    return this.written
  }
}

/** One process's use of the disk. */
class DiskStore implements Store {
  readonly name = 'simulated'
  private readonly disk: SimulatedDisk

  constructor(disk: SimulatedDisk) {
    this.disk = disk
  }

  open(nodeId: NodeId): Promise<StoredState | undefined> {
    return this.disk.open(nodeId)
  }

  commit(batch: StoreBatch, journal: JournalBatch): Promise<void> {
    return this.disk.commit(batch, journal)
  }

  close(clean: boolean): Promise<void> {
    return this.disk.close(clean)
  }

  history(section: string, parameter: string): Promise<readonly HistoryEntry[]> {
    return this.disk.journal().history(section, parameter)
  }

  conflicts(): Promise<readonly ConflictEntry[]> {
    return this.disk.journal().conflicts()
  }

  limit(limits: JournalLimits): void {
    this.disk.journal().limit(limits)
  }
}
