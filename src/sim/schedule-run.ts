import type { NodeId } from '#core/identity'
import type { LinkFaults } from '#mesh/link-faults'
import { seededRandom } from '#mesh/seeded-random'
import type { ConfigSyncManager } from '#node/manager'
import type { ConfigUpdateMsg } from '#node/types'
import { DECLARED, RULES } from './declared-rules.ts'
import { RunDigest } from './run-digest.ts'
import { H, type Removal, type RunView } from './run-view.ts'
import type { DelaySetup, LinkSetup, NodeSetup, Schedule, ScheduledChange, ScheduledEvent } from './schedule.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { TrafficLog } from './traffic-log.ts'
import { VirtualMesh } from './virtual-mesh.ts'
import { type Blow, WriteLedger } from './write-ledger.ts'

/** Somebody who looks on while a schedule runs, and changes nothing of it. */
export interface Onlooker {
  begins(run: ScheduleRun): void
  /** a process is about to start */
  starts(node: ConfigSyncManager): void
}

/** A schedule as it runs: the machines, and what clients and checkers need to know of what happened. */
export class ScheduleRun implements RunView {
  readonly schedule: Schedule
  readonly mesh: VirtualMesh
  readonly machines: readonly SimulatedMachine[]
  readonly ledger = new WriteLedger()
  readonly traffic = new TrafficLog()
  readonly removals: Removal[] = []
  readonly flipped = { frames: 0, refused: 0 }
  private readonly digest = new RunDigest()
  private readonly random: () => number
  private link: LinkSetup
  private linkDisturbedMs = 0
  private cuts = 0
  private restless = false
  private readonly onlooker: Onlooker | undefined

  constructor(schedule: Schedule, onlooker?: Onlooker) {
    this.schedule = schedule
    this.onlooker = onlooker
    this.link = schedule.link
    this.random = seededRandom(schedule.seed + 2)
    this.mesh = new VirtualMesh({ nodes: 0, seed: schedule.seed, faults: faultsOf(schedule.link) })
    this.machines = schedule.nodes.map((setup, index) => this.machine(setup, index))
    for (const machine of this.machines) machine.onGone = () => this.strike(machine, 'kill')
  }

  private machine(setup: NodeSetup, index: number): SimulatedMachine {
    const { scheduler } = this.mesh
    const random = seededRandom(this.schedule.seed * 64 + index)
    const onSettled = () => this.pause()
    const { store } = setup
    const disk = store === 'none' ? undefined : new SimulatedDisk({ scheduler, random, durability: store, onSettled })
    return new SimulatedMachine(this.mesh, index, setup, disk, {
      rules: RULES,
      ...(this.schedule.pullPartBytes !== undefined && { pullPartBytes: this.schedule.pullPartBytes }),
      ...(setup.declares && { parameters: DECLARED }),
    })
  }

  get nowMs(): number {
    return this.mesh.scheduler.nowMs()
  }

  /** The same for two runs exactly when they were the same. */
  digestText(): string {
    for (const { core } of this.machines) this.digest.text(core ? `${core.replica.seen.digest.value()}` : 'down')
    return this.digest.value()
  }

  async begin(): Promise<void> {
    this.onlooker?.begins(this)
    for (const machine of this.machines) if (machine.setup.present) this.start(machine)
    await this.settle()
  }

  /** Moves the time to a moment; the programs go on whenever something that they wait for was settled. */
  async advanceTo(ms: number): Promise<void> {
    await this.until(() => false, ms)
    this.mesh.scheduler.advanceTo(ms)
  }

  /** Whether the condition came to hold by a moment. */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    for (;;) {
      const stopped = this.mesh.scheduler.runUntil(() => this.restless || condition(), limitMs)
      if (!this.restless) return stopped
      await this.settle()
    }
  }

  /** Lets the programs, and whoever else waits in this process, go on as soon as what runs now is done. */
  pause(): void {
    this.restless = true
  }

  private async settle(): Promise<void> {
    this.restless = false
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Does what an event says, unless it cannot be. */
  async take(event: ScheduledEvent): Promise<void> {
    this.digest.text(event.kind)
    this.perform(event)
    await this.settle()
  }

  private perform(event: ScheduledEvent): void {
    switch (event.kind) {
      case 'link':
        return this.setLink(event.link)
      case 'partition':
        return this.disturbLinks(
          () => this.mesh.network.partition(...event.groups.map((group) => group.map(nameOf))),
          1,
        )
      case 'cut':
        return this.disturbLinks(() => this.mesh.network.cut(event.from.map(nameOf), event.to.map(nameOf)), 1)
      case 'heal':
        return this.disturbLinks(() => this.mesh.network.heal(), -this.cuts)
      case 'leap':
        for (const machine of this.machines) machine.leap(event.ms)
        return
      default: {
        const machine = this.machines[event.node]
        if (machine) this.performOn(machine, event)
      }
    }
  }

  private performOn(machine: SimulatedMachine, event: Extract<ScheduledEvent, { node: number }>): void {
    switch (event.kind) {
      case 'write':
        return this.write(machine, event.changes)
      case 'start':
        return this.start(machine)
      case 'stop':
        return machine.stop()
      case 'kill':
        return machine.kill()
      case 'power-cut':
        machine.powerCut()
        return this.strike(machine, 'power-cut')
      case 'stall':
        return machine.stall(event.forMs, event.waking)
      case 'disk':
        if (machine.disk) machine.disk.condition = event.condition
        return
      case 'clock':
        machine.clock.offsetMs = event.offsetMs
        machine.clock.rate = event.rate
        machine.disturbedMs = this.nowMs
        return
      case 'backup':
        machine.backup = machine.disk?.copy()
        return
      case 'restore':
        return this.restore(machine, this.machines[event.of]?.backup)
    }
  }

  private start(machine: SimulatedMachine): void {
    machine.start((node) => this.watch(machine, node))
  }

  private strike(machine: SimulatedMachine, blow: Blow): void {
    this.ledger.strike(machine.index, blow, (written) => this.machines.some((other) => other.holds(written)))
  }

  private restore(machine: SimulatedMachine, copy: SimulatedMachine['backup']): void {
    if (machine.phase !== 'down' || machine.disk === undefined || copy === undefined) return
    machine.disk.replace(copy)
    this.strike(machine, 'folder-replaced')
  }

  private disturbLinks(change: () => void, cuts: number): void {
    change()
    this.cuts += cuts
    this.linkDisturbedMs = this.nowMs
  }

  setLink(link: LinkSetup): void {
    this.disturbLinks(() => this.mesh.network.setFaults(faultsOf(link)), 0)
    this.link = link
  }

  /** Everything that ails the mesh ends now, and everybody is up. */
  async heal(link: LinkSetup): Promise<void> {
    this.mesh.network.heal()
    this.cuts = 0
    this.setLink(link)
    for (const machine of this.machines) {
      if (machine.disk) machine.disk.condition = 'well'
      machine.clock.rate = 1
      machine.disturbedMs = this.nowMs
      machine.goOn('at-once')
    }
    const limitMs = this.nowMs + 10 * H
    await this.until(() => {
      for (const machine of this.machines) if (machine.phase === 'down') this.start(machine)
      return this.machines.every(({ phase }) => phase === 'up')
    }, limitMs)
  }

  private write(machine: SimulatedMachine, changes: readonly ScheduledChange[]): void {
    if (machine.phase !== 'up' || machine.frozen) return
    const requests = changes.map(({ parameter, value, priority = 0 }) => ({ section: 's', parameter, value, priority }))
    machine.node!.publishUpdates(requests).then(
      (updates) => {
        for (const update of updates) this.ledger.acknowledge(update)
      },
      // The disk refused: the write stands, and nobody was told that it is kept.
      () => undefined,
    )
  }

  /** Listens to a node from before it starts. */
  private watch(machine: SimulatedMachine, node: ConfigSyncManager): void {
    const received = this.mesh.received(node)
    let refusals = 0
    received.receive = (from, frame) => this.receive(machine, from, frame, () => refusals)
    node.on('change', ({ source, changes }) => {
      if (source === 'local') for (const { update } of changes) this.noteWrite(machine, update)
    })
    node.on('rejected', ({ code }) => {
      if (code.startsWith('FRAME_')) refusals++
    })
    node.on('member', ({ nodeId, state }) => {
      if (state === 'gone') this.noteRemoval(machine, nodeId)
    })
    this.mesh.mesh(node).tap = (message, _to, bytes) => this.traffic.note(machine.name, message, bytes)
    this.onlooker?.starts(node)
  }

  private noteWrite({ index, setup }: SimulatedMachine, update: ConfigUpdateMsg): void {
    const { nowMs: atMs } = this
    this.ledger.note({
      update,
      node: index,
      atMs,
      store: setup.store,
      acknowledged: false,
      unprotected: false,
      excused: false,
    })
  }

  private receive(machine: SimulatedMachine, from: NodeId, frame: Uint8Array, refusals: () => number): Uint8Array {
    this.digest.number(this.nowMs)
    this.digest.text(from)
    this.digest.number(machine.index)
    this.digest.number(frame.byteLength)
    if (machine.phase !== 'up') return frame
    const { echoRate, echoMs, flipRate } = this.link
    if (echoRate > 0 && this.random() < echoRate) this.echo(machine.node!, from, frame, this.random() * echoMs)
    return flipRate > 0 && this.random() < flipRate ? this.flip(frame, refusals) : frame
  }

  private echo(node: ConfigSyncManager, from: NodeId, frame: Uint8Array, afterMs: number): void {
    const copy = new Uint8Array(frame)
    this.mesh.scheduler.schedule(afterMs, () => this.mesh.received(node).arrive(from, copy))
  }

  private flip(frame: Uint8Array, refusals: () => number): Uint8Array {
    const flipped = new Uint8Array(frame)
    const bit = Math.floor(this.random() * flipped.length * 8)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    this.flipped.frames++
    const before = refusals()
    // Looked at before anything else arrives.
    this.mesh.scheduler.schedule(0, () => {
      if (refusals() > before) this.flipped.refused++
    })
    return flipped
  }

  private noteRemoval(machine: SimulatedMachine, removed: string): void {
    const excuse = this.excuseFor(
      machine,
      this.machines.find(({ name }) => name === removed),
    )
    this.removals.push({ atMs: this.nowMs, by: machine.name, removed, excuse })
  }

  /** Why a machine may have given up another; undefined when there was no reason. */
  private excuseFor(by: SimulatedMachine, removed: SimulatedMachine | undefined): string | undefined {
    if (removed === undefined || removed.phase !== 'up' || removed.frozen) return 'it is not up'
    const calmSinceMs = by.noticesSinceMs
    if (removed.startedMs > calmSinceMs || removed.disturbedMs > calmSinceMs) return 'it was not itself lately'
    if (by.clock.rate !== 1 || removed.clock.rate !== 1) return 'their clocks run at different speeds'
    if (this.cuts > 0 || this.linkDisturbedMs > calmSinceMs) return 'the network was not well lately'
    const { lossRate, flipRate, delay, reorderRate } = this.link
    if (lossRate + flipRate + reorderRate > 0 || delay.mostMs > 120) return 'the network is not well'
    return undefined
  }
}

const nameOf = (index: number): string => VirtualMesh.nameOf(index)

function faultsOf({ lossRate, duplicateRate, reorderRate, delay }: LinkSetup): LinkFaults {
  return { lossRate, duplicateRate, reorderRate, delayMs: delayOf(delay) }
}

function delayOf({ kind, leastMs, mostMs }: DelaySetup): LinkFaults['delayMs'] {
  if (kind === 'fixed') return leastMs
  if (kind === 'uniform') return [leastMs, mostMs]
  // A Pareto distribution: half of the frames take under twice the least.
  return (random) => Math.min(mostMs, leastMs / (1 - random()))
}
