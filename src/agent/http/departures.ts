import type { NodeId } from '#core/identity'
import type { ConfigSync } from '#node/api'
import { DEPARTED_MAX } from './limits.ts'

export interface Departed {
  readonly nodeId: NodeId
  /** it said so, or it no longer answered */
  readonly state: 'left' | 'gone'
  /** milliseconds since 1970 by the clock of this machine */
  readonly at: number
}

/** Who went since this agent started and has not come back, the latest first: a list of live members does not name them. */
export class Departures {
  readonly #departed = new Map<NodeId, Departed>()
  readonly stop: () => void

  constructor(sync: ConfigSync) {
    this.stop = sync.on('member', ({ nodeId, state }) => {
      if (state !== 'suspected') this.#departed.delete(nodeId)
      if (state !== 'left' && state !== 'gone') return
      this.#departed.set(nodeId, { nodeId, state, at: Date.now() })
      if (this.#departed.size > DEPARTED_MAX) this.#departed.delete(this.#departed.keys().next().value!)
    })
  }

  list(): Departed[] {
    return [...this.#departed.values()].reverse()
  }
}
