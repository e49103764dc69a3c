import type { StoreBatch, StoredState } from '#core/effects'
import type { NodeId } from '#core/identity'
import type { Journal, JournalBatch } from './journal.ts'

/**
 * Keeps a node's state over restarts. One node at a time uses a store. `configsync/contract` holds every store to the
 * same suite.
 */
export interface Store extends Journal {
  /** `memory`, `sqlite` … */
  readonly name: string
  /**
   * What was stored, or undefined when the store is new. Before this resolves the store no longer says that it was closed
   * cleanly, durably: if the node dies, the next open must say so (else it would go on numbering where it must not).
   */
  open(nodeId: NodeId): Promise<StoredState | undefined>
  /**
   * Stores a batch and its journal in one transaction (I5). Called again before the last has resolved; batches are stored in
   * order, and one that resolved is there after the process is killed. When one fails, all that were given after it fail
   * too, until one is `complete`.
   */
  commit(batch: StoreBatch, journal: JournalBatch): Promise<void>
  /** After the last commit has resolved. `clean`: the node may go on as the same origin. */
  close(clean: boolean): Promise<void>
}
