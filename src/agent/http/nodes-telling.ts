import type { NodeId } from '#core/identity'
import type { ConfigSync } from '#node/api'
import type { OpenStream } from './event-stream.ts'
import { NODES_TOLD_APART_MS } from './limits.ts'
import { memberJson } from './views.ts'

/**
 * Tells open streams what is new about members: each heartbeat says what its sender has seen by now. Several within
 * NODES_TOLD_APART_MS are one event, and nothing is kept: a reader that connects asks for /v1/nodes.
 */
export class NodesTelling {
  readonly #sync: ConfigSync
  readonly #streams = new Set<OpenStream>()
  readonly #news = new Set<NodeId>()
  readonly #stops: readonly (() => void)[]
  #timer: NodeJS.Timeout | undefined

  constructor(sync: ConfigSync) {
    this.#sync = sync
    this.#stops = [
      sync.on('heartbeat', ({ nodeId }) => this.#note(nodeId)),
      // Of oneself, whose vector grew; a member that was in step with it is not any more.
      sync.on('change', () => this.#note(undefined)),
      sync.on('member', ({ nodeId }) => this.#note(nodeId)),
      sync.on('coordinator', () => this.#note(undefined)),
    ]
  }

  add(stream: OpenStream): void {
    this.#streams.add(stream)
  }

  remove(stream: OpenStream): void {
    this.#streams.delete(stream)
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    clearTimeout(this.#timer)
  }

  /** @param nodeId undefined: oneself */
  #note(nodeId: NodeId | undefined): void {
    if (this.#streams.size === 0) return
    if (nodeId !== undefined) this.#news.add(nodeId)
    this.#timer ??= setTimeout(() => this.#tell(), NODES_TOLD_APART_MS).unref()
  }

  #tell(): void {
    this.#timer = undefined
    const { members } = this.#sync.status()
    const nodes = members.filter(({ self, nodeId }) => self || this.#news.has(nodeId)).map(memberJson)
    this.#news.clear()
    const data = JSON.stringify({ at: Date.now(), nodes })
    for (const stream of this.#streams) stream.tellNow({ event: 'nodes', data })
  }
}
