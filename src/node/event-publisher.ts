import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { CoreEvent, ParameterChange } from '#core/events'
import { type NodeId, nodeIdOf } from '#core/identity'
import { deepFrozen } from '#core/json'
import type { TraceParent } from '#core/trace-parent'
import type { Update } from '#core/update'
import type { Scheduler } from '#mesh/scheduler'
import { ChangeGate, type GatedChanges } from './change-gate.ts'
import { ChangeView } from './change-view.ts'
import type { ConflictLedger } from './conflict-ledger.ts'
import type { Refusal } from './effective.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { Listeners } from './listeners.ts'
import { isSetting } from './settings.ts'
import type { State } from './state.ts'
import type { FullExchangeView, StatusView } from './types.ts'

export interface PublisherOptions {
  readonly state: State
  readonly listeners: Listeners
  readonly ledger: ConflictLedger
  readonly scheduler: Scheduler
  readonly elapsedMs: () => number
  /** one of ConfigSync's own settings may have another effective value */
  readonly onSettingChanged: () => void
  readonly instrumentation: Instrumentation | undefined
}

/** Codes that mean that something is wrong with this node or its mesh, beyond one message. */
const OPERATIONAL: ReadonlySet<ErrorCode> = new Set([
  'ORIGIN_REPLACED',
  'STORE_OTHER_NODE',
  'ORIGINS_MANY',
  'ORIGINS_LIMIT',
  'MEMBERS_LIMIT',
])

/** Troubles of a mesh in which somebody or something was turned away. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'NODE_DUPLICATE',
  'CLUSTER_MISMATCH',
  'IDENTITY_MISMATCH',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_REVOKED',
  'FRAME_MALFORMED',
  'FRAME_TOO_LARGE',
  'FRAME_VERSION',
])

/** Turns what the core reports into what programs listen to, and counts it. */
export class EventPublisher {
  readonly gate: ChangeGate
  private readonly options: PublisherOptions
  private revision = 0
  private applied = 0
  private repairs = 0
  private fullExchanges = 0
  private lastFullExchange: FullExchangeView | undefined
  private divergences = 0
  private readonly rejected: Partial<Record<ErrorCode, number>> = {}

  constructor(options: PublisherOptions) {
    this.options = options
    this.gate = new ChangeGate(options.scheduler, (gated) => this.change(gated))
  }

  counts(): Pick<
    StatusView,
    | 'appliedUpdates'
    | 'pendingUpdates'
    | 'conflicts'
    | 'repairs'
    | 'fullExchanges'
    | 'lastFullExchange'
    | 'divergences'
    | 'rejected'
    | 'revision'
  > {
    return {
      appliedUpdates: this.applied,
      pendingUpdates: this.gate.pending,
      conflicts: this.options.ledger.count,
      repairs: this.repairs,
      fullExchanges: this.fullExchanges,
      lastFullExchange: this.lastFullExchange,
      divergences: this.divergences,
      rejected: { ...this.rejected },
      revision: this.revision,
    }
  }

  /** Components are told of everything that waits. */
  flush(): void {
    this.gate.open()
  }

  /** @param atMs this machine's clock when it happened */
  publish(event: CoreEvent, atMs: number): void {
    const { listeners } = this.options
    switch (event.type) {
      case 'changed':
        return this.changed(event)
      case 'conflict':
        return this.conflict(event.siblings, atMs)
      case 'member':
        return listeners.emit('member', { nodeId: event.nodeId, state: event.state })
      case 'coordinator':
        return listeners.emit('coordinator', { coordinator: event.coordinator, self: event.self, epoch: event.epoch })
      case 'rejected':
        return this.reject(event.code, event.detail, event.nodeId)
      case 'repaired': {
        const { from, updates, full, outcome, elapsedMs } = event
        if (outcome === 'complete') this.repairs++
        if (full && outcome !== 'timeout') {
          this.fullExchanges++
          this.lastFullExchange = { from, at: atMs, updates }
        }
        const repair = { from, updates, full, outcome, elapsedMs }
        this.options.instrumentation?.pull(repair)
        return listeners.emit('repair', repair)
      }
      case 'diverged':
        this.divergences++
        return listeners.emit('error', new ConfigSyncError('DIVERGENCE', event.detail))
      case 'originTaken':
        return
      case 'ready':
        return listeners.emit('ready', { elapsedMs: this.options.elapsedMs() })
    }
  }

  private changed(event: GatedChanges): void {
    this.applied += event.changes.length
    // Settings and the last valid values are taken at once, whenever components are told.
    if (event.changes.some(({ section, parameter }) => isSetting(section, parameter))) this.options.onSettingChanged()
    this.gate.pass(event)
  }

  private change({ source, changes }: GatedChanges): void {
    this.revision++
    const views = changes.map((change) => this.view(change))
    const { listeners, instrumentation } = this.options
    const event = { revision: this.revision, source, changes: views }
    const tell = () => listeners.has('change') && listeners.emit('change', event)
    const traces = instrumentation === undefined || source === 'local' ? [] : tracesOf(changes)
    if (traces.length === 0) tell()
    else instrumentation!.apply(event, traces, tell)
  }

  private view({ section, parameter, before, after, update }: ParameterChange): ChangeView {
    const { declarations, effective } = this.options.state
    if (declarations.lookup(section, parameter) === undefined) {
      // Nothing is validated or remembered, and a node that joins has many of them.
      const value = effective.get(section, parameter, after)
      const previous = effective.get(section, parameter, before)
      return new ChangeView(update, deepFrozen(value), deepFrozen(previous), value === undefined && after.length > 0)
    }
    const { previous, now } = effective.change(section, parameter, before, after)
    if (now.rejected) this.refusedHere(update, now.rejected)
    return new ChangeView(update, deepFrozen(now.value), deepFrozen(previous.value), now.deleted)
  }

  /** Kept for convergence, never effective here. */
  private refusedHere(update: Update, { code, issues }: Refusal): void {
    const { section, parameter, origin } = update
    const nodeId = nodeIdOf(origin)
    this.rejected[code] = (this.rejected[code] ?? 0) + 1
    const detail = `${section}.${parameter}: ${issues.join('; ')}`
    this.options.listeners.emit('rejected', { code, detail, nodeId, section, parameter })
  }

  private conflict(siblings: readonly Update[], atMs: number): void {
    const { ledger, listeners, state } = this.options
    const { section, parameter } = siblings[0]!
    const value = state.get(section, parameter)
    listeners.emit('conflict', ledger.note(siblings, value, atMs))
    const complaint = ledger.complaint(siblings)
    if (complaint) this.reject(complaint.code, complaint.detail, undefined)
  }

  reject(code: ErrorCode, detail: string, nodeId: NodeId | undefined): void {
    this.rejected[code] = (this.rejected[code] ?? 0) + 1
    this.options.listeners.emit('rejected', { code, detail, nodeId })
    if (OPERATIONAL.has(code)) this.options.listeners.emit('error', new ConfigSyncError(code, detail))
  }

  /** Something of the mesh or the store that an operator should know. */
  trouble(error: ConfigSyncError, peer: NodeId | undefined): void {
    if (REFUSALS.has(error.code)) {
      this.rejected[error.code] = (this.rejected[error.code] ?? 0) + 1
      this.options.listeners.emit('rejected', { code: error.code, detail: error.detail, nodeId: peer })
    }
    this.options.listeners.emit('error', error)
  }
}

/** Each once. */
function tracesOf(changes: readonly ParameterChange[]): TraceParent[] {
  const traces = new Set<TraceParent>()
  for (const { update } of changes) if (update.trace !== undefined) traces.add(update.trace)
  return [...traces]
}
