import { ConfigSyncError } from '#core/errors'
import type { NodeId, Origin, Sequence } from '#core/identity'
import type { JsonValue } from '#core/json'
import type { TraceParent } from '#core/trace-parent'
import type { ConfigSync } from './api.ts'
import { ChangeStream } from './change-stream.ts'
import { foreignWins } from './foreign-update.ts'
import { historyRecords } from './history.ts'
import { rollbackTo } from './history-point.ts'
import type { ConfigSyncOptions } from './options.ts'
import type { InputOf, ParametersOf, SectionDeclarations, SectionsOf, ValueOf } from './parameters.ts'
import { Runtime } from './runtime.ts'
import { TunerPort } from './tuner-port.ts'
import type {
  ChangeEvent,
  ConfigChangeRequest,
  ConfigSyncEvents,
  ConfigUpdateMsg,
  ConflictRecord,
  ForeignUpdate,
  HistoryOptions,
  HistoryPoint,
  HistoryRecord,
  ParameterView,
  StatusView,
  VersionVector,
  WatchOptions,
  WriteOptions,
} from './types.ts'
import { messageOf, updateOf } from './views.ts'
import { checkedChanges, checkGroupSize, checkName } from './write-check.ts'

/**
 * One node of a mesh that agrees on live configuration. Any node writes; every node ends with the same values.
 *
 *     const sync = new ConfigSyncManager({ nodeId: 'node-1', cluster: 'prod', mesh, parameters })
 *     await sync.start()
 *     sync.get('mesh', 'batch_size_limit')
 *     await sync.publishUpdate('mesh', 'batch_size_limit', 15, { reason: 'load test' })
 *     for await (const { changes } of sync.watch({ section: 'mesh' })) …
 *
 * @typeParam P the declared sections, from `defineParameters`: names and values are then checked by the compiler
 */
export class ConfigSyncManager<P extends SectionDeclarations = SectionDeclarations> implements ConfigSync {
  private readonly runtime: Runtime
  private readonly streams = new Set<ChangeStream>()
  /** what an AutoTuner is given */
  readonly tunerPort: TunerPort

  /** @throws ConfigSyncError NODE_ID_INVALID, NAME_INVALID of the cluster, SCHEMA_INVALID of the declarations */
  constructor(options: ConfigSyncOptions<P>) {
    this.runtime = new Runtime(options)
    this.tunerPort = new TunerPort({
      ...this.runtime.clock,
      nodeId: this.runtime.nodeId,
      declarations: this.runtime.declarations,
      write: (changes, epoch) => this.write(changes, epoch),
    })
    this.runtime.tunerPort = this.tunerPort
    this.on('change', (event) => {
      for (const stream of this.streams) stream.push(event)
    })
  }

  /**
   * Resolves when peers can reach this node; waits for no peer (see the event `ready`). May be called again after stop().
   * @throws ConfigSyncError of the mesh or the store; nothing is left open then
   */
  start(): Promise<void> {
    return this.runtime.start()
  }

  /** Says good-bye to the mesh and closes everything. Safe to call at any time, and again. */
  async stop(): Promise<void> {
    await this.runtime.stop()
    for (const stream of [...this.streams]) stream.end()
  }

  /** The effective value; undefined when there is none. What is returned cannot be changed by the caller. */
  get<S extends SectionsOf<P>, N extends ParametersOf<P, S>>(section: S, parameter: N): ValueOf<P, S, N> {
    return this.runtime.state.get(section, parameter) as ValueOf<P, S, N>
  }

  /** Effective values of everything set or declared, as nested objects in code-unit order of the names. */
  getAll(): Record<string, Record<string, JsonValue>> {
    return this.runtime.state.getAll()
  }

  /** A parameter with everything behind it; undefined when it was never set and is not declared. */
  inspect(section: string, parameter: string): ParameterView | undefined {
    return this.runtime.state.inspect(section, parameter)
  }

  /**
   * Writes one parameter; undefined deletes it. The update is broadcast before this returns, and the promise resolves when
   * it is stored here (at once without a store).
   *
   * @throws ConfigSyncError VALUE_INVALID, VALUE_TOO_LARGE, NAME_INVALID, PARAMETER_UNDECLARED, PRIORITY_INVALID,
   *   REASON_TOO_LONG: nothing was changed. STORE_FAILED: the update stands, but this node could not store it.
   *   NOT_STARTED, STOPPING.
   */
  async publishUpdate<S extends SectionsOf<P>, N extends ParametersOf<P, S>>(
    section: S,
    parameter: N,
    value: InputOf<P, S, N> | undefined,
    options: WriteOptions = {},
  ): Promise<ConfigUpdateMsg> {
    const [update] = await this.write([{ section, parameter, value: value as JsonValue | undefined, ...options }])
    return update!
  }

  /**
   * Several parameters as one change: all or nothing, one message, one step and one event on every node.
   * @throws ConfigSyncError as `publishUpdate`, and GROUP_INVALID, GROUP_TOO_LARGE
   */
  async publishUpdates(changes: readonly ConfigChangeRequest[]): Promise<readonly ConfigUpdateMsg[]> {
    return this.write(changes)
  }

  /** Deletes a parameter; a value that somebody writes concurrently stays. */
  async deleteParameter(section: string, parameter: string, options: WriteOptions = {}): Promise<ConfigUpdateMsg> {
    const [update] = await this.write([{ section, parameter, value: undefined, ...options }])
    return update!
  }

  private async write(requests: readonly ConfigChangeRequest[], epoch = 0): Promise<readonly ConfigUpdateMsg[]> {
    const { instrumentation } = this.runtime
    if (instrumentation === undefined) return this.writeNow(requests, epoch, undefined)
    return instrumentation.publish(requests, (trace) => this.writeNow(requests, epoch, trace))
  }

  private async writeNow(
    requests: readonly ConfigChangeRequest[],
    epoch: number,
    trace: TraceParent | undefined,
  ): Promise<readonly ConfigUpdateMsg[]> {
    const host = this.runtime.runningHost()
    const checked = checkedChanges(requests, this.runtime.state.declarations, epoch)
    const changes = trace === undefined ? checked : checked.map((change) => ({ ...change, trace }))
    checkGroupSize(changes)
    const { updates, stored } = host.write(changes)
    const messages = updates.map(messageOf)
    if (stored) await stored
    return messages
  }

  /**
   * Takes an update that came by another way than the mesh. One with its dot and vector (a `ConfigUpdateMsg` of some node)
   * is merged as if it had been received. One in the document's own form, from a program that is no node, is compared with
   * the current value (version vector where it has one, then priority, timestamp, node id), and if it wins, it is
   * published as this node's update.
   *
   * @returns what was published or merged; undefined when the current value stands
   * @throws ConfigSyncError UPDATE_INVALID, and as `publishUpdate`
   */
  async processUpdate(update: ForeignUpdate | ConfigUpdateMsg): Promise<ConfigUpdateMsg | undefined> {
    const host = this.runtime.runningHost()
    if ('origin' in update && 'sequence' in update) return this.mergeReceived(update)
    checkName(update.section, update.parameter)
    const siblings = host.core.replica.siblings(update.section, update.parameter)
    if (!foreignWins(update, siblings, this.runtime.state.rules)) return undefined
    const { section, parameter, value, priority, reason } = update
    const [published] = await this.write([
      {
        section,
        parameter,
        value,
        ...(priority !== undefined && { priority }),
        ...(reason !== undefined && { reason }),
      },
    ])
    return published
  }

  private mergeReceived(message: ConfigUpdateMsg): ConfigUpdateMsg | undefined {
    checkName(message.section, message.parameter)
    const update = updateOf(message)
    const host = this.runtime.runningHost()
    const { replica } = host.core
    if (replica.seen.covers(update.origin, update.sequence)) return undefined
    host.message(message.nodeId, { type: 'updates', updates: [update] })
    const stands = replica.siblings(update.section, update.parameter).includes(update)
    return stands ? message : undefined
  }

  /**
   * What a parameter went through as this node saw it, newest first: who wrote what and why, what it replaced, what stood
   * beside it and what decided. As much as `config_sync.history_per_parameter` says.
   *
   * @throws ConfigSyncError NAME_INVALID; NOT_STARTED, STOPPING of a node with a store, which is closed then
   */
  async history(section: string, parameter: string, { limit }: HistoryOptions = {}): Promise<readonly HistoryRecord[]> {
    checkName(section, parameter)
    return historyRecords(await this.runtime.pastChanges(section, parameter), this.runtime.state, limit)
  }

  /**
   * Publishes what stood at a point of the history as a new update: the value of the change that is named, or what the
   * parameter had come to so many changes ago or at that time. It may be a deletion.
   *
   * @throws ConfigSyncError HISTORY_UNKNOWN, and as `publishUpdate`
   */
  async rollback(
    section: string,
    parameter: string,
    to: HistoryPoint,
    options: WriteOptions = {},
  ): Promise<ConfigUpdateMsg> {
    this.runtime.runningHost()
    checkName(section, parameter)
    const { value, reason } = rollbackTo(to, await this.runtime.pastChanges(section, parameter), this.runtime.state)
    const [update] = await this.write([{ section, parameter, value, reason, ...options }])
    return update!
  }

  /** Changes from now on, until `signal` aborts or the node stops. A slow reader gets the latest values, not all of them. */
  watch(options: WatchOptions = {}): AsyncIterableIterator<ChangeEvent> {
    const stream = new ChangeStream(options, () => this.streams.delete(stream))
    if (!options.signal?.aborted) this.streams.add(stream)
    return stream
  }

  /** Returns what takes the listener off again. Listeners are called in order, each on its own. */
  on<Name extends keyof ConfigSyncEvents>(name: Name, listener: (event: ConfigSyncEvents[Name]) => void): () => void {
    return this.runtime.listeners.on(name, listener)
  }

  /** How many updates of each origin this node has seen without a hole. A copy. */
  getVersionVector(): VersionVector {
    return this.runtime.state.versionVector()
  }

  /**
   * Milliseconds since an update was written: this machine's clock minus the stamp, less the offset between the two clocks as
   * receipts tell it. Undefined while no receipt of its writer has come, and for a stamp that may not be its writer's clock.
   */
  ageMs(update: ConfigUpdateMsg): number | undefined {
    return this.runtime.ageMs(update)
  }

  status(): StatusView {
    return this.runtime.status()
  }

  /** The latest conflicts, newest first. */
  conflicts(): readonly ConflictRecord[] {
    return this.runtime.ledger.list()
  }

  /** Whether this node is the coordinator, as far as it knows. One that does not run coordinates nothing. */
  isCoordinator(): boolean {
    return this.runtime.isRunning && (this.runtime.core?.election.selfReigns ?? false)
  }

  parameterNames(): (readonly [section: string, parameter: string])[] {
    return this.runtime.state.names()
  }

  hasShown(nodeId: NodeId, origin: Origin, sequence: Sequence): boolean {
    return this.runtime.core?.hasShown(nodeId, origin, sequence) ?? false
  }

  get nodeId(): string {
    return this.runtime.nodeId
  }
}

/** For whoever needs to tell an expected failure from a bug. */
export const isConfigSyncError = (error: unknown): error is ConfigSyncError => error instanceof ConfigSyncError
