import { decodeFrame, encodeFrame } from '#codec/frame'
import type { Effect, StoredState } from '#core/effects'
import type { NodeId } from '#core/identity'
import type { Message, MessageType } from '#core/protocol'
import type { WriteChange } from '#core/writer'
import { seededRandom } from '#mesh/seeded-random'
import { CoreNode, type CoreNodeOptions } from './core-node.ts'

export interface Carried {
  readonly from: CoreNode
  readonly to: CoreNode
  readonly message: Message
  readonly dueMs: number
}

export interface CoreMeshOptions {
  readonly nodes: number
  readonly seed?: number
  readonly stored?: (index: number) => boolean
  readonly node?: Partial<CoreNodeOptions>
}

/** Cores alone, driven by hand: what each wants sent waits in `queue` until the test, or `run`, delivers it. */
export class CoreMesh {
  nowMs = 0
  /** how long a message is on the way */
  latencyMs = 5
  readonly nodes: CoreNode[]
  queue: Carried[] = []
  /** false loses the message; asked when it is sent */
  carries: (message: Message, from: CoreNode, to: CoreNode) => boolean = () => true
  /** called after each step of a core */
  afterStep: (node: CoreNode, effects: readonly Effect[]) => void = () => undefined
  readonly sent: {
    readonly atMs: number
    readonly from: CoreNode
    /** undefined for a broadcast */
    readonly to: NodeId | undefined
    readonly message: Message
  }[] = []

  constructor({ nodes, seed = 1, stored, node }: CoreMeshOptions) {
    let ids = 0
    const random = seededRandom(seed)
    const nextId = () => ++ids
    this.nodes = Array.from(
      { length: nodes },
      (_, index) => new CoreNode({ name: `n${index}`, stored: stored?.(index) ?? false, random, nextId, ...node }),
    )
  }

  /** All up and acquainted, with a coordinator. */
  static settled(options: CoreMeshOptions): CoreMesh {
    const mesh = new CoreMesh(options)
    for (const node of mesh.nodes) mesh.start(node)
    mesh.run(6_000)
    return mesh
  }

  get live(): CoreNode[] {
    return this.nodes.filter(({ up }) => up)
  }

  step(node: CoreNode, body: Parameters<CoreNode['input']>[0]): readonly Effect[] {
    const effects = node.input(body, this.nowMs)
    for (const effect of effects) {
      if (effect.type === 'broadcast') this.send(node, undefined, effect.message)
      if (effect.type === 'send') this.send(node, effect.to, effect.message)
    }
    this.afterStep(node, effects)
    return effects
  }

  private send(from: CoreNode, to: NodeId | undefined, message: Message): void {
    this.sent.push({ atMs: this.nowMs, from, to, message })
    const { bytes } = encodeFrame([message], Number.POSITIVE_INFINITY)
    for (const receiver of this.nodes) {
      if (to !== undefined && receiver.name !== to) continue
      if (receiver === from || !receiver.up || !this.carries(message, from, receiver)) continue
      // Every receiver has its own copy, as over a wire.
      const decoded = decodeFrame(bytes)
      if (decoded.outcome === 'rejected') throw new Error(`a core sent what cannot be read: ${decoded.detail}`)
      const dueMs = this.nowMs + this.latencyMs
      for (const copy of decoded.messages) this.queue.push({ from, to: receiver, message: copy, dueMs })
    }
  }

  start(node: CoreNode, stored?: StoredState): void {
    node.begin(stored)
    this.step(node, { type: 'start' })
    for (const other of this.live) {
      if (other === node) continue
      this.step(node, { type: 'peerUp', peer: other.name })
      this.step(other, { type: 'peerUp', peer: node.name })
    }
  }

  /** Clean; what it would go on with. */
  stop(node: CoreNode): StoredState {
    this.step(node, { type: 'stop' })
    this.vanish(node)
    return node.core.snapshot(true)
  }

  /** No good-bye; what it has sent is still on its way. */
  vanish(node: CoreNode): void {
    node.up = false
    this.queue = this.queue.filter(({ to }) => to !== node)
    for (const other of this.live) this.step(other, { type: 'peerDown', peer: node.name })
  }

  write(node: CoreNode, ...changes: WriteChange[]): void {
    this.step(node, { type: 'write', changes })
  }

  deliver({ from, to, message }: Carried): void {
    if (to.up) this.step(to, { type: 'message', from: from.name, message })
  }

  /** Delivers and ticks in time, for so long. */
  run(ms: number): void {
    this.until(() => false, ms)
  }

  /** Whether the condition came to hold within so many milliseconds. */
  until(condition: () => boolean, limitMs: number): boolean {
    const endMs = this.nowMs + limitMs
    for (let turns = 0; turns < 1_000_000; turns++) {
      if (condition()) return true
      const next = this.queue[0]
      const ticking = this.live.reduce((a, b) => (b.core.earliestDeadlineMs < a.core.earliestDeadlineMs ? b : a))
      const tickMs = ticking.core.earliestDeadlineMs
      const atMs = Math.min(next?.dueMs ?? Number.POSITIVE_INFINITY, tickMs)
      if (atMs > endMs) {
        this.nowMs = endMs
        return condition()
      }
      this.nowMs = Math.max(this.nowMs, atMs)
      if (next && next.dueMs <= tickMs) this.deliver(this.queue.shift()!)
      else this.step(ticking, { type: 'tick' })
    }
    throw new Error('the cores never come to rest')
  }

  /** Messages of a type sent since a moment, broadcasts counted once. */
  sentSince(atMs: number, type: MessageType, from?: CoreNode): number {
    return this.sent.filter((sent) => sent.atMs >= atMs && sent.message.type === type && (!from || sent.from === from))
      .length
  }

  get equal(): boolean {
    const states = this.live.map(({ core }) => `${core.replica.seen.digest.value()} ${core.replica.liveHash.value()}`)
    return new Set(states).size <= 1
  }

  get divergences(): number {
    return this.nodes.reduce((sum, node) => sum + node.count('diverged'), 0)
  }
}
