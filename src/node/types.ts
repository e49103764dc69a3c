import type { ConfigSyncError, ErrorCode } from '#core/errors'
import type { Dot, NodeId, Origin, RunId, Sequence } from '#core/identity'
import type { JsonValue } from '#core/json'
import type { TunerMode } from '#core/protocol'
import type { Decision } from '#core/resolution'
import type { HybridTimestamp, MergeRule } from '#core/update'
import type { DeliveryView } from '#mesh/delivery'

export type { DeliveryView } from '#mesh/delivery'

/** How often each origin was written, as far as this node has seen it without a hole. */
export type VersionVector = Readonly<Record<string, number>>

/** One write of one parameter, as programs and people are shown it. */
export interface ConfigUpdateMsg {
  readonly section: string
  readonly parameter: string
  /** undefined when `deleted` */
  readonly value: JsonValue | undefined
  readonly deleted: boolean
  readonly timestamp: HybridTimestamp
  readonly nodeId: NodeId
  /** what the writer had seen of this parameter's writers, this update included */
  readonly versionVector: VersionVector
  readonly origin: Origin
  readonly sequence: Sequence
  readonly priority: number
  readonly rule: MergeRule
  readonly epoch: number
  readonly reason: string | undefined
}

/** The document's own form of an update, from a program that is no node: see `processUpdate`. */
export interface ForeignUpdate {
  readonly section: string
  readonly parameter: string
  /** undefined deletes */
  readonly value: JsonValue | undefined
  /** milliseconds since 1970, or the full stamp */
  readonly timestamp: number | HybridTimestamp
  readonly nodeId: string
  readonly versionVector?: VersionVector
  readonly priority?: number
  readonly reason?: string
}

export interface WriteOptions {
  /** a 32-bit integer; default: the parameter's declared priority, else 0 */
  readonly priority?: number
  /** why, for people; at most 512 bytes */
  readonly reason?: string
}

export interface ConfigChangeRequest extends WriteOptions {
  readonly section: string
  readonly parameter: string
  /** undefined deletes */
  readonly value: JsonValue | undefined
}

/** One parameter whose effective value or siblings changed. */
export interface ParameterChangeView {
  readonly section: string
  readonly parameter: string
  /** effective value now; undefined when there is none */
  readonly value: JsonValue | undefined
  readonly previous: JsonValue | undefined
  readonly deleted: boolean
  /** the update that caused the change; its own value may have lost */
  readonly update: ConfigUpdateMsg
}

/** Everything that one call or one message changed, in one piece. */
export interface ChangeEvent {
  /** counts this node's changes since its start; no two events have the same */
  readonly revision: number
  readonly source: 'local' | 'remote' | 'repair'
  readonly changes: readonly ParameterChangeView[]
}

/** Concurrent values met, and one rule decided. */
export interface ConflictRecord {
  readonly section: string
  readonly parameter: string
  /** this machine's clock, milliseconds since 1970 */
  readonly at: number
  readonly winner: ConfigUpdateMsg
  readonly losers: readonly ConfigUpdateMsg[]
  /** what decided: first difference in this order, or a merge rule that used all of them */
  readonly decidedBy: Decision
  /** effective outcome */
  readonly value: JsonValue | undefined
  /** one sentence for people */
  readonly explanation: string
}

/** One change of a parameter, as this node saw it come. */
export interface HistoryRecord {
  /** what `rollback` takes: `node-1:5`, with the incarnation where that would name two */
  readonly id: string
  /** the update that came; its own value may have lost */
  readonly update: ConfigUpdateMsg
  /** this machine's clock when it came, milliseconds since 1970; undefined for `earlier` */
  readonly at: number | undefined
  /** how it came; `earlier`: it stood here already when the first change that is remembered came */
  readonly source: 'local' | 'remote' | 'repair' | 'earlier'
  /** it went instead of coming: it had been deleted elsewhere while this node was away */
  readonly dropped: boolean
  /** what it replaced */
  readonly superseded: readonly ConfigUpdateMsg[]
  /** what stands beside it */
  readonly concurrent: readonly ConfigUpdateMsg[]
  /** whose value stood from then on; undefined: nothing did */
  readonly winner: ConfigUpdateMsg | undefined
  /** what decided; undefined where nothing stood beside it */
  readonly decidedBy: Decision | undefined
  /** what the parameter came to, as this node's schema and rules of now judge */
  readonly value: JsonValue | undefined
  /** one sentence for people */
  readonly explanation: string
}

/**
 * Which past change is meant: its `id` or its update, how many changes ago it was the last (`-1`), or what stood at a time
 * (a Date, milliseconds since 1970, or ISO 8601 with its zone).
 */
export type HistoryPoint = string | number | Date | Dot

export interface HistoryOptions {
  /** at most so many, the newest; default: all that is remembered */
  readonly limit?: number
}

/** What `get` means, with everything behind it. */
export interface ParameterView {
  readonly section: string
  readonly parameter: string
  /** effective value; undefined when deleted, or never set and without a default */
  readonly value: JsonValue | undefined
  readonly deleted: boolean
  /** where the effective value comes from */
  readonly source: 'resolved' | 'sibling' | 'stale' | 'default' | 'none'
  /** the sibling that resolution puts first; undefined when only a default stands */
  readonly update: ConfigUpdateMsg | undefined
  readonly siblings: readonly ConfigUpdateMsg[]
}

export interface MemberView {
  readonly nodeId: NodeId
  readonly runId: RunId
  readonly self: boolean
  readonly state: 'live' | 'suspected'
  readonly coordinator: boolean
  readonly address: string
  /** milliseconds since its last sign of life; 0 for oneself */
  readonly silentForMs: number
  readonly heartbeatIntervalMs: number
  /** whether its digest equals ours; undefined while unknown */
  readonly inStep: boolean | undefined
  /** milliseconds since it was last seen in step, 0 while it is; undefined when it never was */
  readonly behindForMs: number | undefined
  /** how far its machine's clock is ahead of ours, as estimated from receipts; undefined while unknown, 0 for oneself */
  readonly clockOffsetMs: number | undefined
  /** 16 hexadecimal digits */
  readonly digest: string
  readonly load: number
  /** of its AutoTuner, as its last heartbeat said; off without one */
  readonly tunerMode: TunerMode
  readonly protocol: readonly [min: number, max: number]
  /** its declarations are the same as ours */
  readonly sameDeclarations: boolean
  /** what it is known to have seen: own vector for oneself, for others what they told last */
  readonly versionVector: VersionVector | undefined
}

/** Every dot was compared, and what is gone elsewhere was dropped here. */
export interface FullExchangeView {
  readonly from: NodeId
  /** this machine's clock, milliseconds since 1970 */
  readonly at: number
  readonly updates: number
}

export interface StoreView {
  /** `memory`, `sqlite` … */
  readonly name: string
  /** why nothing can be stored now; undefined when all is well */
  readonly failure: string | undefined
}

/** Nobody takes this node in, and this is the last that refused it. */
export interface TurnedAwayView {
  /** who, with its address where that is known */
  readonly by: string
  readonly code: ErrorCode
  /** in the words of whoever refused */
  readonly detail: string
  /** what to do */
  readonly hint: string
  /** milliseconds since it was refused first */
  readonly forMs: number
}

export interface StatusView {
  readonly nodeId: NodeId
  readonly runId: RunId
  readonly origin: Origin | undefined
  readonly cluster: string
  /** since this start, or since it was turned away, it lacked nothing that some member had, or was alone long enough */
  readonly ready: boolean
  /** not ready for this reason; undefined on a member, and on a node that is alone */
  readonly turnedAway: TurnedAwayView | undefined
  readonly coordinator: NodeId | undefined
  readonly isCoordinator: boolean
  /** off without an AutoTuner */
  readonly tunerMode: TunerMode
  readonly epoch: number
  readonly members: readonly MemberView[]
  readonly digest: string
  readonly liveHash: string
  readonly versionVector: VersionVector
  /** parameters held, tombstones left out */
  readonly parameters: number
  readonly origins: number
  readonly appliedUpdates: number
  readonly pendingUpdates: number
  readonly conflicts: number
  readonly repairs: number
  /** since the start: this node or what it asked had been away for so long that tombstones were gone */
  readonly fullExchanges: number
  readonly lastFullExchange: FullExchangeView | undefined
  /** undefined on a node without a store */
  readonly store: StoreView | undefined
  readonly divergences: number
  readonly rejected: Readonly<Partial<Record<ErrorCode, number>>>
  /** 0 … 1 */
  readonly load: number
  readonly uptimeMs: number
  readonly revision: number
  readonly heartbeatIntervalMs: number
  readonly address: string
  readonly delivery: DeliveryView
}

export interface CoordinatorEvent {
  readonly coordinator: NodeId | undefined
  readonly self: boolean
  readonly epoch: number
}

export interface MemberEvent {
  readonly nodeId: NodeId
  readonly state: 'joined' | 'left' | 'gone' | 'suspected' | 'restarted' | 'recovered'
}

export interface RejectedEvent {
  readonly code: ErrorCode
  readonly detail: string
  readonly nodeId: NodeId | undefined
  readonly section?: string
  readonly parameter?: string
}

export interface RepairEvent {
  readonly from: NodeId
  readonly updates: number
  readonly full: boolean
  readonly outcome: 'complete' | 'empty' | 'timeout'
  readonly elapsedMs: number
}

/** Names of events and what their listeners are given. */
export interface ConfigSyncEvents {
  change: ChangeEvent
  conflict: ConflictRecord
  coordinator: CoordinatorEvent
  member: MemberEvent
  rejected: RejectedEvent
  repair: RepairEvent
  /** a member told what it has seen by now */
  heartbeat: { readonly nodeId: NodeId }
  ready: { readonly elapsedMs: number }
  /** after STORE_FAILED: everything is stored again */
  storeRecovered: { readonly store: string }
  /** an operational failure that nobody's call caused */
  error: ConfigSyncError
}

export interface WatchOptions {
  readonly section?: string
  readonly parameter?: string
  readonly signal?: AbortSignal
}
