import type { StoreBatch, StoredState } from '#core/effects'
import type { NodeId, Origin, Sequence } from '#core/identity'
import type { OriginCoverage } from '#core/protocol'
import type { Update } from '#core/update'
import type { ConflictEntry, HistoryEntry, JournalBatch, JournalLimits } from './journal.ts'
import { MemoryJournal } from './memory-journal.ts'
import type { Store } from './store.ts'

/** Keeps a node's state in this process: for tests, and for nodes that are stopped and started within one program. */
export class MemoryStore implements Store {
  readonly name = 'memory'
  private journal = new MemoryJournal()
  private nodeId: NodeId | undefined
  private clean = false
  private parameters = new Map<string, readonly Update[]>()
  private seen = new Map<Origin, OriginCoverage>()
  private collected: readonly (readonly [Origin, Sequence])[] = []
  private last: StoreBatch | undefined

  async open(nodeId: NodeId): Promise<StoredState | undefined> {
    const stored = this.state()
    this.nodeId = nodeId
    this.clean = false
    return stored
  }

  async commit(batch: StoreBatch, journal: JournalBatch): Promise<void> {
    this.journal.note(journal)
    if (batch.complete) {
      this.parameters.clear()
      this.seen.clear()
    }
    for (const { section, parameter, siblings } of batch.parameters) {
      const key = `${section}.${parameter}`
      if (siblings.length > 0) this.parameters.set(key, siblings)
      else this.parameters.delete(key)
    }
    for (const coverage of batch.seen) this.seen.set(coverage.origin, coverage)
    this.collected = batch.collected ?? this.collected
    this.last = batch
  }

  history(section: string, parameter: string): Promise<readonly HistoryEntry[]> {
    return this.journal.history(section, parameter)
  }

  conflicts(): Promise<readonly ConflictEntry[]> {
    return this.journal.conflicts()
  }

  limit(limits: JournalLimits): void {
    this.journal.limit(limits)
  }

  async close(clean: boolean): Promise<void> {
    this.clean = clean
  }

  private state(): StoredState | undefined {
    if (this.nodeId === undefined) return undefined
    const { last } = this
    return {
      nodeId: this.nodeId,
      clean: this.clean,
      origin: last?.origin,
      sequence: last?.sequence ?? 0,
      updates: [...this.parameters.values()].flat(),
      seen: [...this.seen.values()],
      collected: this.collected,
      epoch: last?.epoch ?? 0,
      clock: last?.clock ?? [0, 0],
    }
  }

  /** A copy as of now, closed cleanly if this one is: what a restored backup or a crashed machine has. */
  copy(): MemoryStore {
    const copy = new MemoryStore()
    copy.nodeId = this.nodeId
    copy.clean = this.clean
    copy.parameters = new Map(this.parameters)
    copy.seen = new Map(this.seen)
    copy.collected = this.collected
    copy.last = this.last
    return copy
  }
}
