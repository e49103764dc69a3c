import type { Core } from '#core/core'
import type { ConfigSyncManager } from '#node/manager'
import type { ConfigSyncOptions } from '#node/options'
import type { MemoryStore } from '#store/memory'
import type { MachineClock } from './machine-clock.ts'
import { H } from './run-view.ts'
import type { NodeSetup } from './schedule.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import type { Waking } from './simulated-process.ts'
import { VirtualMesh } from './virtual-mesh.ts'
import type { Written } from './write-ledger.ts'

/** Undisturbed for so long, a process has heard of everybody, and everybody of it. */
const CALM_MS = 2.5 * H

export type Phase = 'down' | 'starting' | 'up' | 'stopping'

/** One machine of a simulated mesh: its clocks, its disk, and the process that runs on it just now, if one does. */
export class SimulatedMachine {
  readonly index: number
  readonly setup: NodeSetup
  readonly clock: MachineClock
  readonly disk: SimulatedDisk | undefined
  phase: Phase = 'down'
  node: ConfigSyncManager | undefined
  /** the last copy that was made of its folder */
  backup: MemoryStore | undefined
  /** called when a process is no more, however it ended */
  onGone: () => void = () => undefined
  /** simulated time of the last start, and of the last time at which the process stood still or went on again */
  startedMs = 0
  disturbedMs = Number.NEGATIVE_INFINITY
  /** when the stalls began that followed each other until then */
  private stalledSinceMs = Number.NEGATIVE_INFINITY
  private readonly mesh: VirtualMesh
  private readonly options: Partial<ConfigSyncOptions>

  constructor(
    mesh: VirtualMesh,
    index: number,
    setup: NodeSetup,
    disk: SimulatedDisk | undefined,
    options: Partial<ConfigSyncOptions>,
  ) {
    this.mesh = mesh
    this.index = index
    this.setup = setup
    this.clock = mesh.clock(index)
    this.disk = disk
    this.options = options
    this.clock.offsetMs = setup.clockOffsetMs
    this.clock.rate = setup.clockRate
  }

  get name(): string {
    return VirtualMesh.nameOf(this.index)
  }

  /** The core of the process that is up. */
  get core(): Core | undefined {
    return this.phase === 'up' ? this.mesh.core(this.node!) : undefined
  }

  get frozen(): boolean {
    return this.node !== undefined && this.mesh.process(this.node).frozen
  }

  /** Takes simulated time; when it fails, the machine is down again. `prepare` sees the node before it runs. */
  start(prepare: (node: ConfigSyncManager) => void): void {
    if (this.phase !== 'down') return
    this.phase = 'starting'
    const store = this.disk?.store()
    const node = this.mesh.prepareNode(this.index, { ...this.options, ...(store && { store }) })
    this.node = node
    prepare(node)
    node.start().then(
      () => this.became(node, 'up'),
      () => this.became(node, 'down'),
    )
  }

  private became(node: ConfigSyncManager, phase: Phase): void {
    if (this.node !== node || this.phase === 'down') return
    this.phase = phase
    this.startedMs = this.mesh.scheduler.nowMs()
    if (phase === 'down') this.gone(node)
  }

  /** Says good-bye and closes the store, which takes time. */
  stop(): void {
    if (this.phase !== 'up' || this.frozen) return
    this.phase = 'stopping'
    const node = this.node!
    const ended = () => this.gone(node)
    this.mesh.stopNode(node).then(ended, ended)
  }

  /** The process is no more, whatever it was doing. */
  kill(): void {
    if (this.phase === 'down') return
    void this.mesh.crash(this.node!)
    this.disk?.kill()
    this.gone(this.node!)
  }

  powerCut(): void {
    this.kill()
    this.disk?.powerCut()
  }

  private gone(node: ConfigSyncManager): void {
    if (this.node !== node) return
    this.phase = 'down'
    this.node = undefined
    void this.mesh.crash(node)
    this.onGone()
  }

  stall(forMs: number, waking: Waking): void {
    if (this.phase !== 'up' || this.frozen) return
    const process = this.mesh.process(this.node!)
    process.freeze()
    this.noteDisturbed()
    this.mesh.scheduler.schedule(forMs, () => this.goOn(waking))
  }

  private noteDisturbed(): void {
    const nowMs = this.mesh.scheduler.nowMs()
    if (nowMs > this.disturbedMs + CALM_MS) this.stalledSinceMs = nowMs
    this.disturbedMs = nowMs
  }

  /** Since when others must have been well for this process to have noticed: before its last stalls, if it had any lately. */
  get noticesSinceMs(): number {
    const nowMs = this.mesh.scheduler.nowMs()
    return (nowMs > this.disturbedMs + CALM_MS ? nowMs : this.stalledSinceMs) - CALM_MS
  }

  /** All machines stood still, as by their clocks. */
  leap(ms: number): void {
    this.clock.leap(ms)
    this.noteDisturbed()
  }

  /** From a stall, if it is in one. */
  goOn(waking: Waking): void {
    if (!this.frozen) return
    this.disturbedMs = this.mesh.scheduler.nowMs()
    this.mesh.process(this.node!).thaw(waking)
  }

  /** Whether this machine has a write, or what superseded it: in the process while one is up, else on the disk. */
  holds({ update }: Written): boolean {
    const { core } = this
    if (core !== undefined) return core.replica.seen.covers(update.origin, update.sequence)
    return this.disk?.covers(update.origin, update.sequence) ?? false
  }
}
