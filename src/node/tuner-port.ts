import { ConfigSyncError } from '#core/errors'
import type { NodeId, RunId } from '#core/identity'
import type { Measurements, TunerMode } from '#core/protocol'
import type { MeshAdapter } from '#mesh/adapter'
import type { DeliverySample } from '#mesh/delivery'
import type { Scheduler } from '#mesh/scheduler'
import type { Declarations } from './declarations.ts'
import type { Host } from './host.ts'
import type { ConfigChangeRequest, ConfigUpdateMsg } from './types.ts'

export type MeasurementsListener = (from: NodeId, measurements: Measurements) => void
export type DeliveryListener = (sample: DeliverySample) => void

export interface TunerPortOptions {
  readonly nodeId: NodeId
  readonly scheduler: Scheduler
  /** milliseconds since 1970 */
  readonly wallClock: () => number
  readonly declarations: Declarations
  readonly write: (changes: readonly ConfigChangeRequest[], epoch: number) => Promise<readonly ConfigUpdateMsg[]>
}

/** A coordinator as this node hears it. */
export interface HeardCoordinator {
  readonly nodeId: NodeId
  readonly runId: RunId
  /** milliseconds since its last sign of life */
  readonly silentMs: number
}

/** What an AutoTuner needs of its node beyond what every program may call: its reign, and the way to the coordinator. */
export class TunerPort {
  readonly nodeId: NodeId
  readonly scheduler: Scheduler
  readonly wallClock: () => number
  readonly declarations: Declarations
  private readonly write: TunerPortOptions['write']
  private readonly measurementListeners = new Set<MeasurementsListener>()
  private readonly deliveryListeners = new Set<DeliveryListener>()
  private mode: TunerMode = 'off'
  private host: Host | undefined
  private adapter: MeshAdapter | undefined

  constructor(options: TunerPortOptions) {
    this.nodeId = options.nodeId
    this.scheduler = options.scheduler
    this.wallClock = options.wallClock
    this.declarations = options.declarations
    this.write = options.write
  }

  /** A run of the node begins. */
  attach(host: Host, adapter: MeshAdapter): void {
    this.host = host
    this.adapter = adapter
    adapter.onMessage((from, message) => {
      if (message.type === 'measurements') this.tell(from, message.measurements)
    })
    host.input({ type: 'facts', facts: { tunerMode: this.mode } })
  }

  private tell(from: NodeId, measurements: Measurements): void {
    for (const listener of this.measurementListeners) listener(from, measurements)
  }

  delivered(sample: DeliverySample): void {
    for (const listener of this.deliveryListeners) listener(sample)
  }

  /** What heartbeats say of this node's tuner. */
  setMode(mode: TunerMode): void {
    if (mode === this.mode) return
    this.mode = mode
    this.host?.input({ type: 'facts', facts: { tunerMode: mode } })
  }

  /** Members, this node included, that the next heartbeat of each will count; 1 while alone. */
  get members(): number {
    return this.host?.core.membership.size ?? 1
  }

  get epoch(): number {
    return this.host?.core.self.epoch ?? 0
  }

  /**
   * Publishes as the coordinator of the reign under way: among concurrent updates of one priority the later reign wins.
   * @throws ConfigSyncError NOT_COORDINATOR, and as `publishUpdates`; nothing was changed then
   */
  async publish(changes: readonly ConfigChangeRequest[]): Promise<readonly ConfigUpdateMsg[]> {
    const election = this.host?.core.election
    if (!election?.selfReigns)
      throw new ConfigSyncError('NOT_COORDINATOR', `${this.nodeId} follows ${election?.coordinator ?? 'nobody yet'}`)
    return this.write(changes, this.epoch)
  }

  /**
   * Whom this node follows, once that one says itself that it coordinates: before, it takes no reports. Undefined when that is this
   * node itself, or nobody.
   */
  get coordinator(): HeardCoordinator | undefined {
    const core = this.host?.core
    const member = core?.election.coordinator && core.membership.members.get(core.election.coordinator)
    if (!member?.heartbeat.coordinator) return undefined
    const { nodeId, runId, heardMs } = member
    return { nodeId, runId, silentMs: this.scheduler.nowMs() - heardMs }
  }

  /** Other members whose tuner measures and reports. */
  get observers(): readonly NodeId[] {
    const members = [...(this.host?.core.membership.members.values() ?? [])]
    return members.filter(({ heartbeat }) => heartbeat.tunerMode === 'observing').map(({ nodeId }) => nodeId)
  }

  /** Sends what was measured here. */
  report(to: NodeId, measurements: Measurements): void {
    this.adapter?.send(to, { type: 'measurements', measurements })
  }

  /** What other nodes report to this one; whether it coordinates is for the listener to ask. */
  onMeasurements(listener: MeasurementsListener): () => void {
    this.measurementListeners.add(listener)
    return () => this.measurementListeners.delete(listener)
  }

  /** Each measured sending of this node. */
  onDelivery(listener: DeliveryListener): () => void {
    this.deliveryListeners.add(listener)
    return () => this.deliveryListeners.delete(listener)
  }
}
