import { assertInvariant, ConfigSyncError, type ErrorCode } from '#core/errors'
import type { NodeId } from '#core/identity'
import { FRAME_BYTES_MAX } from '#core/limits'
import { Cuts, drawDelayMs, FAULTLESS, type LinkFaults } from './link-faults.ts'
import type { Mesh, MeshHandlers, MeshIdentity } from './mesh.ts'
import type { Scheduler } from './scheduler.ts'
import { seededRandom } from './seeded-random.ts'

export type { LinkFaults } from './link-faults.ts'

export interface MemoryNetworkOptions {
  /** Decides every loss, delay, duplicate and reordering. Default 1. */
  readonly seed?: number
  /** Default: the machine's timers. */
  readonly scheduler?: Scheduler
  /** Default: nothing is lost, delayed, repeated or reordered. */
  readonly faults?: Partial<LinkFaults>
}

/** What one node sent and received, over all its runs. Frames are counted once for each receiver, lost ones as sent. */
export interface TrafficCounters {
  /** calls of broadcast and send */
  broadcasts: number
  unicasts: number
  framesSent: number
  bytesSent: number
  framesReceived: number
  bytesReceived: number
}

/** One start of one mesh. */
interface Session {
  readonly identity: MeshIdentity
  readonly handlers: MeshHandlers
  readonly counters: TrafficCounters
  /** to those whose onPeerUp was announced */
  readonly links: Map<NodeId, Link>
  live: boolean
}

/** One direction between two sessions. */
interface Link {
  readonly from: Session
  readonly to: Session
  /** frames on the wire that keep their order: whichever timer fires, the first of them arrives */
  readonly inOrder: Uint8Array[]
  lastArrivalMs: number
}

/**
 * A network within one process, for tests, simulations and several nodes in one program. Frames are copied, and arrive
 * asynchronously; the receiver's copy is erased after the call, so that nobody keeps it by mistake. Loss and cuts take
 * frames only: as behind a failed switch, nobody is told, and peers stay listed until they stop.
 */
export class MemoryNetwork {
  readonly #scheduler: Scheduler
  readonly #random: () => number
  readonly #cuts = new Cuts()
  readonly #sessions = new Map<string, Session>()
  readonly #counters = new Map<string, TrafficCounters>()
  #faults: LinkFaults
  /** Asked for each frame that is sent to each receiver; false loses it. For faults that rates cannot express. */
  filter: ((from: NodeId, to: NodeId, frame: Uint8Array) => boolean) | undefined

  constructor(options: MemoryNetworkOptions = {}) {
    this.#scheduler = options.scheduler ?? deliveryTimers
    this.#random = seededRandom(options.seed ?? 1)
    this.#faults = { ...FAULTLESS, ...options.faults }
  }

  /** A node's end of the network. It may be started again after it was stopped. */
  mesh(options: { readonly presenceBudget?: number } = {}): Mesh {
    return new MemoryMesh(this, options.presenceBudget ?? 64)
  }

  /** Changes the named faults for frames sent from now on. */
  setFaults(faults: Partial<LinkFaults>): void {
    this.#faults = { ...this.#faults, ...faults }
  }

  /** Nodes of different groups do not reach each other; whoever is in no group forms one more with the rest. */
  partition(...groups: readonly (readonly string[])[]): void {
    this.#cuts.partition(groups)
  }

  /** One way: nothing that `from` send reaches `to`. */
  cut(from: readonly string[], to: readonly string[]): void {
    this.#cuts.cut(from, to)
  }

  /** Ends all partitions and cuts. */
  heal(): void {
    this.#cuts.heal()
  }

  /** Live view; all 0 for a node that never started. */
  counters(nodeId: string): Readonly<TrafficCounters> {
    let counters = this.#counters.get(nodeId)
    if (counters === undefined) {
      counters = { broadcasts: 0, unicasts: 0, framesSent: 0, bytesSent: 0, framesReceived: 0, bytesReceived: 0 }
      this.#counters.set(nodeId, counters)
    }
    return counters
  }

  /**
   * For MemoryMesh.
   * @throws ConfigSyncError NODE_DUPLICATE when a live node has this nodeId, which is told too
   */
  enter(identity: MeshIdentity, handlers: MeshHandlers): Session {
    const key = keyOf(identity)
    const twin = this.#sessions.get(key)
    if (twin !== undefined) {
      this.#trouble(
        twin,
        'NODE_DUPLICATE',
        `run ${identity.runId} also calls itself ${identity.nodeId}`,
        identity.nodeId,
      )
      throw new ConfigSyncError('NODE_DUPLICATE', `run ${twin.identity.runId} already is ${identity.nodeId}`)
    }
    const session: Session = {
      identity,
      handlers,
      counters: this.counters(identity.nodeId),
      links: new Map(),
      live: true,
    }
    for (const other of this.#sessions.values()) this.#introduce(session, other)
    this.#sessions.set(key, session)
    return session
  }

  /** For MemoryMesh. */
  leave(session: Session): void {
    session.live = false
    this.#sessions.delete(keyOf(session.identity))
    for (const other of this.#sessions.values()) this.#soon(other, () => this.#forget(other, session))
  }

  /** For MemoryMesh. `copy` is not changed by anyone. */
  carry(link: Link, copy: Uint8Array): void {
    const { counters, identity } = link.from
    counters.framesSent++
    counters.bytesSent += copy.byteLength
    const { lossRate, duplicateRate } = this.#faults
    if (this.#cuts.separates(identity.nodeId, link.to.identity.nodeId)) return
    if (this.filter?.(identity.nodeId, link.to.identity.nodeId, copy) === false) return
    if (this.#happens(lossRate)) return
    this.#deliverLater(link, copy)
    if (this.#happens(duplicateRate)) this.#deliverLater(link, copy)
  }

  #deliverLater(link: Link, copy: Uint8Array): void {
    const nowMs = this.#scheduler.nowMs()
    const delayMs = drawDelayMs(this.#faults.delayMs, this.#random)
    if (this.#happens(this.#faults.reorderRate)) {
      const heldUpMs = this.#random() * 2 * Math.max(1, delayMs)
      this.#scheduler.schedule(delayMs + heldUpMs, () => deliver(link, copy))
      return
    }
    link.lastArrivalMs = Math.max(link.lastArrivalMs, nowMs + delayMs)
    link.inOrder.push(copy)
    this.#scheduler.schedule(link.lastArrivalMs - nowMs, () => deliver(link, link.inOrder.shift()!))
  }

  /** Draws only where there is something to decide, so that a fault that is off does not change the others' draws. */
  #happens(rate: number): boolean {
    return rate > 0 && this.#random() < rate
  }

  #introduce(a: Session, b: Session): void {
    if (a.identity.cluster !== b.identity.cluster) {
      this.#trouble(
        a,
        'CLUSTER_MISMATCH',
        `${b.identity.nodeId} belongs to cluster ${b.identity.cluster}`,
        b.identity.nodeId,
      )
      this.#trouble(
        b,
        'CLUSTER_MISMATCH',
        `${a.identity.nodeId} belongs to cluster ${a.identity.cluster}`,
        a.identity.nodeId,
      )
      return
    }
    this.#soon(a, () => meet(a, b))
    this.#soon(b, () => meet(b, a))
  }

  #forget(session: Session, gone: Session): void {
    if (session.links.get(gone.identity.nodeId)?.to !== gone) return
    session.links.delete(gone.identity.nodeId)
    session.handlers.onPeerDown(gone.identity.nodeId)
  }

  #trouble(session: Session, code: ErrorCode, detail: string, peer: NodeId): void {
    this.#soon(session, () => session.handlers.onTrouble(new ConfigSyncError(code, detail), peer))
  }

  #soon(session: Session, action: () => void): void {
    this.#scheduler.schedule(0, () => {
      if (session.live) action()
    })
  }
}

class MemoryMesh implements Mesh {
  readonly name = 'memory'
  readonly address = ''
  readonly presenceBudget: number
  readonly #network: MemoryNetwork
  #session: Session | undefined

  constructor(network: MemoryNetwork, presenceBudget: number) {
    this.#network = network
    this.presenceBudget = presenceBudget
  }

  async start(identity: MeshIdentity, handlers: MeshHandlers): Promise<void> {
    assertInvariant(this.#session === undefined, 'a mesh is started once, then stopped')
    this.#session = this.#network.enter(identity, handlers)
  }

  broadcast(frame: Uint8Array): void {
    const session = this.#session
    if (session === undefined) return
    const copy = copyOf(frame)
    session.counters.broadcasts++
    for (const link of session.links.values()) this.#network.carry(link, copy)
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    const link = this.#session?.links.get(to)
    if (link === undefined) return false
    link.from.counters.unicasts++
    this.#network.carry(link, copyOf(frame))
    return true
  }

  peers(): readonly NodeId[] {
    return [...(this.#session?.links.keys() ?? [])]
  }

  learnAddresses(): void {}

  async stop(): Promise<void> {
    if (this.#session !== undefined) this.#network.leave(this.#session)
    this.#session = undefined
  }
}

/** Ready at once as far as delays allow; keeps the process alive while something is on the wire. */
const deliveryTimers: Scheduler = {
  nowMs: () => performance.now(),
  schedule(delayMs, callback) {
    if (delayMs > 0) {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    }
    const immediate = setImmediate(callback)
    return () => clearImmediate(immediate)
  },
}

/** Neither a cluster's name nor a nodeId has a slash. */
const keyOf = (identity: MeshIdentity): string => `${identity.cluster}/${identity.nodeId}`

function copyOf(frame: Uint8Array): Uint8Array {
  assertInvariant(
    frame.byteLength <= FRAME_BYTES_MAX,
    `a frame has at most ${FRAME_BYTES_MAX} bytes, not ${frame.byteLength}`,
  )
  return new Uint8Array(frame)
}

function meet(session: Session, other: Session): void {
  if (!other.live) return
  session.links.set(other.identity.nodeId, { from: session, to: other, inOrder: [], lastArrivalMs: 0 })
  session.handlers.onPeerUp(other.identity.nodeId)
}

function deliver({ from, to }: Link, copy: Uint8Array): void {
  if (!to.live) return
  to.counters.framesReceived++
  to.counters.bytesReceived += copy.byteLength
  const lent = new Uint8Array(copy)
  to.handlers.onFrame(from.identity.nodeId, lent)
  lent.fill(0)
}
