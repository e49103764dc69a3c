import type { StoreBatch, StoredState } from '#core/effects'
import type { NodeId } from '#core/identity'

/**
 * Keeps a node's state over restarts. One node at a time uses a store. `configsync/contract` will hold every store to the
 * same suite.
 */
export interface Store {
  /** `memory` … */
  readonly name: string
  /**
   * What was stored, or undefined when the store is new. Before this resolves the store no longer says that it was closed
   * cleanly, durably: if the node dies, the next open must say so (else it would go on numbering where it must not).
   */
  open(nodeId: NodeId): Promise<StoredState | undefined>
  /** Stores a batch in one transaction (I5). Called again before the last has resolved; batches are stored in order. */
  commit(batch: StoreBatch): Promise<void>
  /** After the last commit has resolved. `clean`: the node may go on as the same origin. */
  close(clean: boolean): Promise<void>
}
