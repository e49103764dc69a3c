import type { Core } from '#core/core'
import type { MessageType } from '#core/protocol'
import type { LinkFaults } from '#mesh/link-faults'
import { MemoryNetwork } from '#mesh/memory'
import { seededRandom } from '#mesh/seeded-random'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { ConfigSyncManager } from '#node/manager'
import type { ConfigSyncOptions } from '#node/options'
import { MachineClock } from './machine-clock.ts'
import { ProcessMesh } from './process-mesh.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { TappedMesh } from './tapped-mesh.ts'

/** One start of one node, and its two ends of the network: what it hears comes through one, what it says through the other. */
interface Process {
  readonly process: SimulatedProcess
  readonly received: ProcessMesh
  readonly mesh: TappedMesh
}

export interface VirtualMeshOptions {
  readonly nodes: number
  readonly seed: number
  readonly faults?: Partial<LinkFaults>
  /** heartbeats to hear per interval; default: the memory mesh's */
  readonly presenceBudget?: number
  /** default: each frame is decoded once for all who receive it; false: by each alone, as separate processes do */
  readonly sharesFrames?: boolean
  /** options of every node, or of each by its index */
  readonly node?: Partial<ConfigSyncOptions> | ((index: number) => Partial<ConfigSyncOptions>)
}

/**
 * Real nodes (manager, adapter, codec, core) over the in-memory network in virtual time: minutes pass in moments, and the
 * same seed gives the same run.
 */
export class VirtualMesh {
  readonly scheduler = new VirtualScheduler()
  readonly network: MemoryNetwork
  readonly nodes: ConfigSyncManager[] = []
  readonly seed: number
  readonly random: () => number
  private readonly clocks: MachineClock[] = []
  private readonly processes = new Map<ConfigSyncManager, Process>()
  private readonly down = new Set<ConfigSyncManager>()
  /** bugs that showed themselves */
  readonly bugs: string[] = []
  private readonly options: VirtualMeshOptions

  constructor(options: VirtualMeshOptions) {
    this.options = options
    this.seed = options.seed
    this.random = seededRandom(options.seed + 1)
    const { seed, faults, sharesFrames = true } = options
    this.network = new MemoryNetwork({ seed, scheduler: this.scheduler, sharesFrames, ...(faults && { faults }) })
  }

  /** `node-001` …, whose order is that of their numbers. */
  static nameOf(index: number): string {
    return `node-${String(index + 1).padStart(3, '0')}`
  }

  async start(): Promise<this> {
    for (let index = 0; index < this.options.nodes; index++) await this.startNode(index)
    return this
  }

  /** Starts the node of this index, or another process in its place. */
  async startNode(index: number, more: Partial<ConfigSyncOptions> = {}): Promise<ConfigSyncManager> {
    const node = this.prepareNode(index, more)
    await node.start()
    this.nodes[index] = node
    return node
  }

  /** A process for the node of this index, which is not started yet. */
  prepareNode(index: number, more: Partial<ConfigSyncOptions> = {}): ConfigSyncManager {
    const { node: common, presenceBudget } = this.options
    const process = new SimulatedProcess(this.scheduler, this.clock(index))
    const inner = this.network.mesh(presenceBudget === undefined ? {} : { presenceBudget })
    const received = new ProcessMesh(inner, process)
    const mesh = new TappedMesh(received)
    const node = new ConfigSyncManager({
      nodeId: VirtualMesh.nameOf(index),
      mesh,
      scheduler: process,
      wallClock: () => process.clock.wallMs(),
      random: this.random,
      newId: () => this.id64(),
      load: () => 0,
      ...(typeof common === 'function' ? common(index) : common),
      ...more,
    })
    this.processes.set(node, { process, received, mesh })
    node.on('error', (error) => {
      if (error.code === 'INTERNAL' || error.code === 'DIVERGENCE') this.bugs.push(`${node.nodeId}: ${error.message}`)
    })
    return node
  }

  /** The clocks of the machine of this index, whatever runs on it. */
  clock(index: number): MachineClock {
    this.clocks[index] ??= new MachineClock(() => this.scheduler.nowMs())
    return this.clocks[index]
  }

  private id64(): string {
    const half = () =>
      Math.floor(this.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')
    return half() + half()
  }

  get live(): ConfigSyncManager[] {
    return this.nodes.filter((node) => !this.down.has(node))
  }

  /** The replicated machine within a node, to be looked at. */
  core(node: ConfigSyncManager): Core {
    return node['runtime'].core!
  }

  mesh(node: ConfigSyncManager): TappedMesh {
    return this.processes.get(node)!.mesh
  }

  /** For faults: what the process of a node hears. */
  received(node: ConfigSyncManager): ProcessMesh {
    return this.processes.get(node)!.received
  }

  process(node: ConfigSyncManager): SimulatedProcess {
    return this.processes.get(node)!.process
  }

  /** Messages of this type that all nodes, the dead included, have handed to the network. */
  sent(type: MessageType): number {
    let count = 0
    for (const {
      mesh: { sent },
    } of this.processes.values())
      count += sent[type] ?? 0
    return count
  }

  /** Of all types. */
  get messagesSent(): number {
    let count = 0
    for (const { mesh } of this.processes.values()) for (const sent of Object.values(mesh.sent)) count += sent
    return count
  }

  /** The process is killed: no good-bye, and nothing of it is left. The node can be started again. */
  async crash(node: ConfigSyncManager): Promise<void> {
    this.down.add(node)
    this.process(node).kill()
    await this.mesh(node).stop()
  }

  /** Stops cleanly; the others go on meanwhile. */
  async stopNode(node: ConfigSyncManager): Promise<void> {
    this.down.add(node)
    await node.stop()
  }

  run(ms: number): void {
    this.scheduler.advanceBy(ms)
  }

  /** Up to `ms`, so that what follows meets the timers at any phase. */
  runAtRandom(ms: number): void {
    this.scheduler.advanceBy(this.random() * ms)
  }

  /** Milliseconds until the predicate holds; throws with the seed when it does not within the limit. */
  until(what: string, limitMs: number, predicate: () => boolean): number {
    const startMs = this.scheduler.nowMs()
    if (this.scheduler.runUntil(predicate, startMs + limitMs)) return this.scheduler.nowMs() - startMs
    throw new Error(`seed ${this.seed}, ${this.options.nodes} nodes: not within ${limitMs} ms: ${what}`)
  }

  /** Every live node has seen the same and holds the same. */
  get equal(): boolean {
    const [first, ...others] = this.live.map((node) => this.core(node).replica)
    return others.every(
      ({ seen, liveHash }) =>
        seen.digest.lane1 === first!.seen.digest.lane1 &&
        seen.digest.lane2 === first!.seen.digest.lane2 &&
        liveHash.lane1 === first!.liveHash.lane1 &&
        liveHash.lane2 === first!.liveHash.lane2,
    )
  }

  has(section: string, parameter: string, value: unknown): boolean {
    return this.live.every((node) => node.get(section, parameter) === value)
  }

  /** Nobody ever met a node that had seen the same and held something else, and no handler ever threw. */
  assertSound(): void {
    if (this.bugs.length > 0) throw new Error(`seed ${this.seed}: ${this.bugs.join('; ')}`)
  }

  async stop(): Promise<void> {
    await Promise.all(this.live.map((node) => node.stop()))
  }
}
