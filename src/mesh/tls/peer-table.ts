import type { NodeId, RunId } from '#core/identity'
import type { Connection } from './connection.ts'
import type { Hello } from './hello.ts'
import type { TlsMeshLimits } from './limits.ts'

interface Peer {
  readonly nodeId: NodeId
  readonly runId: RunId
  /** the best first; more than one only for a moment, when both ends dialled */
  readonly connections: Connection[]
}

/** A pair needs one; a second while both ends dialled, and a few more when one node has several addresses. */
const CONNECTIONS_PER_PEER_MAX = 4

/**
 * The open connections by peer. At most one run of a nodeId is in it, and one connection of each pair of runs is used:
 * of those dialled by the smaller nodeId the latest, else the latest. Both ends know the dialler and its count, so both
 * choose the same one without asking.
 */
export class PeerTable {
  readonly #self: NodeId
  readonly #limits: TlsMeshLimits
  readonly #onUp: (peer: NodeId) => void
  readonly #onDown: (peer: NodeId) => void
  readonly #peers = new Map<NodeId, Peer>()
  /** the connection in use of each peer, ready to be written to in a row */
  inUse: readonly Connection[] = []

  constructor(self: NodeId, limits: TlsMeshLimits, onUp: (peer: NodeId) => void, onDown: (peer: NodeId) => void) {
    this.#self = self
    this.#limits = limits
    this.#onUp = onUp
    this.#onDown = onDown
  }

  connectionTo(nodeId: NodeId): Connection | undefined {
    return this.#peers.get(nodeId)?.connections[0]
  }

  nodeIds(): NodeId[] {
    return [...this.#peers.keys()]
  }

  /** Whether this run may be a peer: not while another run of its nodeId is and answers. One that does not is cut off. */
  async admits(hello: Hello): Promise<boolean> {
    const peer = this.#otherRun(hello)
    if (peer === undefined) return true
    if (await peer.connections[0]!.probe(this.#limits.probeDeadlineMs)) return false
    for (const connection of [...peer.connections]) {
      connection.cut()
      this.remove(connection)
    }
    return this.#otherRun(hello) === undefined
  }

  /** Takes an open connection into use. False when another run of its nodeId came first. */
  add(connection: Connection): boolean {
    const hello = connection.hello!
    if (this.#otherRun(hello) !== undefined) return false
    const known = this.#peers.get(hello.nodeId)
    const peer = known ?? { nodeId: hello.nodeId, runId: hello.runId, connections: [] }
    this.#peers.set(hello.nodeId, peer)
    peer.connections.push(connection)
    peer.connections.sort((a, b) => this.#rank(b) - this.#rank(a))
    peer.connections[CONNECTIONS_PER_PEER_MAX]?.cut()
    this.#refresh()
    if (known === undefined) this.#onUp(hello.nodeId)
    else if (this.#self < hello.nodeId) setTimeout(() => this.#closeSurplus(peer), this.#limits.surplusLingerMs).unref()
    return true
  }

  /** Does nothing for a connection that is not in the table. */
  remove(connection: Connection): void {
    const peer = connection.hello && this.#peers.get(connection.hello.nodeId)
    const index = peer?.connections.indexOf(connection) ?? -1
    if (peer === undefined || index < 0) return
    peer.connections.splice(index, 1)
    if (peer.connections.length === 0) this.#peers.delete(peer.nodeId)
    this.#refresh()
    if (peer.connections.length === 0) this.#onDown(peer.nodeId)
  }

  /** The smaller nodeId closes: if both did, each might close the one that the other keeps. */
  #closeSurplus(peer: Peer): void {
    for (const connection of peer.connections.slice(1)) {
      this.remove(connection)
      connection.close()
    }
  }

  #otherRun(hello: Hello): Peer | undefined {
    const peer = this.#peers.get(hello.nodeId)
    return peer === undefined || peer.runId === hello.runId ? undefined : peer
  }

  /** A dialled number counts the attempts of one run, far below 2^52. */
  #rank({ dial, hello }: Connection): number {
    const byThisSide = dial !== undefined
    const bySmaller = byThisSide === this.#self < hello!.nodeId
    return (bySmaller ? 2 ** 52 : 0) + (dial?.number ?? hello!.dial)
  }

  #refresh(): void {
    this.inUse = [...this.#peers.values()].map((peer) => peer.connections[0]!)
  }
}
