import type { NodeId, Origin, Sequence } from '#core/identity'
import type { JsonValue } from '#core/json'
import type { TunerPort } from './tuner-port.ts'
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

/**
 * What `ConfigSyncManager` offers to the rooms above it, without the types of declared parameters. The agent and the
 * tuner are written against this.
 */
export interface ConfigSync {
  start(): Promise<void>
  stop(): Promise<void>
  /** Effective value, or undefined. */
  get(section: string, parameter: string): JsonValue | undefined
  /** Effective values of everything set or declared, sections and parameters in code-unit order. */
  getAll(): Record<string, Record<string, JsonValue>>
  /** undefined when it was never set and is not declared */
  inspect(section: string, parameter: string): ParameterView | undefined
  /** Resolves when the write is stored; it is broadcast before that. */
  publishUpdate(
    section: string,
    parameter: string,
    value: JsonValue | undefined,
    options?: WriteOptions,
  ): Promise<ConfigUpdateMsg>
  /** All or nothing, one step on every node. */
  publishUpdates(changes: readonly ConfigChangeRequest[]): Promise<readonly ConfigUpdateMsg[]>
  deleteParameter(section: string, parameter: string, options?: WriteOptions): Promise<ConfigUpdateMsg>
  /** What a parameter went through, newest first. */
  history(section: string, parameter: string, options?: HistoryOptions): Promise<readonly HistoryRecord[]>
  /** Publishes an old value, or its deletion, as a new update. */
  rollback(section: string, parameter: string, to: HistoryPoint, options?: WriteOptions): Promise<ConfigUpdateMsg>
  processUpdate(update: ForeignUpdate): Promise<ConfigUpdateMsg | undefined>
  watch(options?: WatchOptions): AsyncIterableIterator<ChangeEvent>
  /** Returns what takes the listener off again. */
  on<Name extends keyof ConfigSyncEvents>(name: Name, listener: (event: ConfigSyncEvents[Name]) => void): () => void
  getVersionVector(): VersionVector
  /** Milliseconds since the update was written, whatever its writer's clock says; undefined where that is not known. */
  ageMs(update: ConfigUpdateMsg): number | undefined
  status(): StatusView
  conflicts(): readonly ConflictRecord[]
  isCoordinator(): boolean
  /** Everything set (deleted since, too) or declared, in code-unit order. */
  parameterNames(): (readonly [section: string, parameter: string])[]
  /** Whether a live member has told that it has seen this update. */
  hasShown(nodeId: NodeId, origin: Origin, sequence: Sequence): boolean
  readonly tunerPort: TunerPort
}
