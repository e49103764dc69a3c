import type { NodeId, Origin } from '#core/identity'
import { incarnationOf, nodeIdOf } from '#core/identity'
import { type Declaration, Declarations } from '#node/declarations'
import type { ConfigSyncManager } from '#node/manager'
import { MemoryStore } from '#store/memory'
import { VirtualMesh } from '../virtual-mesh.ts'
import { ScenarioFault } from './fault.ts'

/** A network of one site: every message takes 5 to 25 ms, in order. */
const DELAY_MS = [5, 25] as const

/** A machine with a name: the process on it may come and go, the disk and the clock stay. */
export interface Machine {
  readonly name: string
  readonly index: number
  node: ConfigSyncManager | undefined
  running: boolean
  /** undefined: nothing outlives the process */
  disk: MemoryStore | undefined
  /** what the disk would give back after a crash, while it holds back what is written */
  durable: MemoryStore | undefined
  backup: MemoryStore | undefined
}

/** Where a scenario plays: named machines on one simulated network. */
export class Stage {
  readonly mesh: VirtualMesh
  private readonly machines = new Map<string, Machine>()
  private readonly declared: Declaration[] = []
  private notices: string[] = []
  private readonly incarnations = new Map<NodeId, string[]>()

  constructor(seed: number) {
    this.mesh = new VirtualMesh({ nodes: 0, seed, faults: { delayMs: DELAY_MS } })
  }

  declare(declaration: Declaration): void {
    if (this.machines.size > 0) throw new ScenarioFault('declare before the first start: nodes take it along')
    this.declared.push(declaration)
  }

  get running(): readonly Machine[] {
    return [...this.machines.values()].filter(({ running }) => running)
  }

  /** @throws ScenarioFault when no node of this name was ever started */
  machine(name: string): Machine {
    const machine = this.machines.get(name)
    if (machine === undefined) throw new ScenarioFault(`${name} was never started`)
    return machine
  }

  /** @throws ScenarioFault when it does not run */
  node(name: string): ConfigSyncManager {
    const { node, running } = this.machine(name)
    if (node === undefined || !running) throw new ScenarioFault(`${name} does not run`)
    return node
  }

  /** A machine of this name, made when it is new. */
  place(name: string, withDisk: boolean): Machine {
    const known = this.machines.get(name)
    if (known !== undefined) return known
    const machine: Machine = {
      name,
      index: this.machines.size,
      node: undefined,
      running: false,
      disk: withDisk ? new MemoryStore() : undefined,
      durable: undefined,
      backup: undefined,
    }
    this.machines.set(name, machine)
    return machine
  }

  /** Starts the process of a machine, the first or the next one. */
  async boot(machine: Machine): Promise<void> {
    if (machine.running) throw new ScenarioFault(`${machine.name} runs already`)
    const { mesh } = this
    const node = await mesh.startNode(machine.index, {
      nodeId: machine.name,
      ...(machine.disk && { store: machine.disk }),
      ...(this.declared.length > 0 && { parameters: new Declarations(this.declared, 'allow') }),
    })
    machine.node = node
    machine.running = true
    this.listen(machine.name, node)
  }

  /** Stops the process cleanly. */
  async halt(machine: Machine): Promise<void> {
    await this.mesh.stopNode(this.node(machine.name))
    machine.running = false
  }

  /** Kills the process. A copy of the disk goes on: the dead process keeps the old one, and whatever it still does with it. */
  async crash(machine: Machine): Promise<void> {
    await this.mesh.crash(this.node(machine.name))
    machine.running = false
    machine.disk = machine.durable ?? machine.disk?.copy()
    machine.durable = undefined
  }

  /** What a person would find in the log. Each once until it is told. */
  private listen(name: string, node: ConfigSyncManager): void {
    node.on('error', ({ code }) => this.notice(`${name} reports ${code}`))
    node.on('rejected', ({ code }) => this.notice(`${name} reports ${code}`))
    node.on('repair', ({ full, from, outcome }) => {
      if (full && outcome === 'complete') this.notice(`${name} compared everything with ${from} (full exchange)`)
    })
  }

  private notice(line: string): void {
    if (!this.notices.includes(line)) this.notices.push(line)
  }

  /** What nodes reported since the last time, in the order of its text: the order of events within a moment tells nothing. */
  takeNotices(): string[] {
    const { notices } = this
    this.notices = []
    return notices.toSorted()
  }

  /** Every running node has met every other, whatever is cut since, and all have seen and hold the same. */
  get settled(): boolean {
    const { mesh, running } = this
    return mesh.equal && running.every(({ node }) => mesh.mesh(node!).peers().length === running.length - 1)
  }

  /** Lets time pass, and every promise that becomes ready continue. */
  async run(ms: number): Promise<void> {
    const { scheduler } = this.mesh
    const untilMs = scheduler.nowMs() + ms
    await scheduler.waitUntil(() => false, untilMs)
    scheduler.advanceTo(untilMs)
  }

  /** Milliseconds until the predicate holds; undefined when it does not within the limit. */
  async until(predicate: () => boolean, limitMs: number): Promise<number | undefined> {
    const { scheduler } = this.mesh
    const startMs = scheduler.nowMs()
    const held = await scheduler.waitUntil(predicate, startMs + limitMs)
    return held ? scheduler.nowMs() - startMs : undefined
  }

  /** `n1`; a later incarnation of n1 is `n1/2`, in the order in which they were shown. */
  originName(origin: Origin): string {
    const nodeId = nodeIdOf(origin)
    const known = this.incarnations.get(nodeId) ?? []
    this.incarnations.set(nodeId, known)
    const incarnation = incarnationOf(origin)
    if (!known.includes(incarnation)) known.push(incarnation)
    const number = known.indexOf(incarnation) + 1
    return number === 1 ? nodeId : `${nodeId}/${number}`
  }

  async stop(): Promise<void> {
    await this.mesh.stop()
  }
}
