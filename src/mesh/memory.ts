import { type DecodedFrame, decodeFrame } from '#codec/frame'
import { assertInvariant, ConfigSyncError } from '#core/errors'
import type { NodeId } from '#core/identity'
import { FRAME_BYTES_MAX } from '#core/limits'
import { Cuts, drawDelayMs, FAULTLESS, type LinkFaults } from './link-faults.ts'
import {
  forget,
  introduce,
  type Link,
  putLast,
  type Session,
  type TrafficCounters,
  takeFirst,
  trouble,
} from './memory-session.ts'
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
  /**
   * All receivers of a frame read the same bytes, which are decoded once: for the simulator, where 1,000 nodes hear each
   * heartbeat. Default: each has a copy of its own, which is erased after the call, so that nobody keeps it by mistake.
   */
  readonly sharesFrames?: boolean
}

/**
 * A network within one process, for tests, simulations and several nodes in one program. Frames arrive asynchronously.
 * Loss and cuts take frames only: as behind a failed switch, nobody is told, and peers stay listed until they stop.
 */
export class MemoryNetwork {
  readonly #scheduler: Scheduler
  readonly #random: () => number
  readonly #cuts = new Cuts()
  readonly #sessions = new Map<string, Session>()
  readonly #counters = new Map<string, TrafficCounters>()
  /** started in this moment, and introduced to everybody in the next */
  #newcomers: Session[] = []
  readonly #decoded: WeakMap<Uint8Array, DecodedFrame> | undefined
  #faults: LinkFaults
  /** Asked for each frame that is sent to each receiver; false loses it. For faults that rates cannot express. */
  filter: ((from: NodeId, to: NodeId, frame: Uint8Array) => boolean) | undefined

  constructor(options: MemoryNetworkOptions = {}) {
    this.#scheduler = options.scheduler ?? deliveryTimers
    this.#random = seededRandom(options.seed ?? 1)
    this.#faults = { ...FAULTLESS, ...options.faults }
    this.#decoded = options.sharesFrames ? new WeakMap() : undefined
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
      this.#scheduler.schedule(0, () =>
        trouble(twin, 'NODE_DUPLICATE', `run ${identity.runId} also calls itself ${identity.nodeId}`, identity.nodeId),
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
    this.#sessions.set(key, session)
    if (this.#newcomers.push(session) === 1) this.#scheduler.schedule(0, () => this.#introduceNewcomers())
    return session
  }

  /** For MemoryMesh. */
  leave(session: Session): void {
    session.live = false
    this.#sessions.delete(keyOf(session.identity))
    const others = [...this.#sessions.values()]
    if (others.length === 0) return
    this.#scheduler.schedule(0, () => {
      for (const other of others) if (other.live) forget(other, session)
    })
  }

  /** One node after the other, each with all that it meets, because what a node holds is then at hand. */
  #introduceNewcomers(): void {
    const newcomers = new Set(this.#newcomers)
    this.#newcomers = []
    const everybody = [...this.#sessions.values()]
    for (const session of everybody)
      for (const other of newcomers.has(session) ? everybody : newcomers)
        if (other !== session && session.live && other.live) introduce(session, other, newcomers.has(session))
  }

  /** For MemoryMesh: the frame as it travels, which nobody changes. */
  onTheWire(frame: Uint8Array): Uint8Array {
    assertInvariant(
      frame.byteLength <= FRAME_BYTES_MAX,
      `a frame has at most ${FRAME_BYTES_MAX} bytes, not ${frame.byteLength}`,
    )
    return this.#decoded ? frame : new Uint8Array(frame)
  }

  /** For MemoryMesh. */
  decode(frame: Uint8Array): DecodedFrame {
    let decoded = this.#decoded?.get(frame)
    if (decoded === undefined) {
      decoded = decodeFrame(frame)
      this.#decoded?.set(frame, decoded)
    }
    return decoded
  }

  /** For MemoryMesh. */
  carry(link: Link, frame: Uint8Array): void {
    const { counters, identity } = link.from
    counters.framesSent++
    counters.bytesSent += frame.byteLength
    const { lossRate, duplicateRate } = this.#faults
    if (this.#cuts.separates(identity.nodeId, link.to.identity.nodeId)) return
    if (this.filter?.(identity.nodeId, link.to.identity.nodeId, frame) === false) return
    if (this.#happens(lossRate)) return
    this.#deliverLater(link, frame)
    if (this.#happens(duplicateRate)) this.#deliverLater(link, frame)
  }

  #deliverLater(link: Link, frame: Uint8Array): void {
    const nowMs = this.#scheduler.nowMs()
    const delayMs = drawDelayMs(this.#faults.delayMs, this.#random)
    if (this.#happens(this.#faults.reorderRate)) {
      const heldUpMs = this.#random() * 2 * Math.max(1, delayMs)
      this.#scheduler.schedule(delayMs + heldUpMs, () => this.#deliver(link, frame))
      return
    }
    const arrivesMs = putLast(link, frame, nowMs + delayMs)
    this.#scheduler.schedule(arrivesMs - nowMs, () => this.#deliver(link, takeFirst(link)))
  }

  #deliver({ from, to }: Link, frame: Uint8Array): void {
    if (!to.live) return
    to.counters.framesReceived++
    to.counters.bytesReceived += frame.byteLength
    if (this.#decoded) return to.handlers.onFrame(from.identity.nodeId, frame)
    const lent = new Uint8Array(frame)
    to.handlers.onFrame(from.identity.nodeId, lent)
    lent.fill(0)
  }

  /** Draws only where there is something to decide, so that a fault that is off does not change the others' draws. */
  #happens(rate: number): boolean {
    return rate > 0 && this.#random() < rate
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
    const carried = this.#network.onTheWire(frame)
    session.counters.broadcasts++
    for (const link of session.links.values()) this.#network.carry(link, carried)
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    const link = this.#session?.links.get(to)
    if (link === undefined) return false
    link.from.counters.unicasts++
    this.#network.carry(link, this.#network.onTheWire(frame))
    return true
  }

  peers(): readonly NodeId[] {
    return [...(this.#session?.links.keys() ?? [])]
  }

  decode(frame: Uint8Array): DecodedFrame {
    return this.#network.decode(frame)
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
