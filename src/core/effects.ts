import type { CoreEvent } from './events.ts'
import type { NodeId, Origin, Sequence } from './identity.ts'
import type { Coverage, Message, OriginCoverage } from './protocol.ts'
import type { Update } from './update.ts'

/** What a store holds of a node: everything that it needs to go on where it was (I5). */
export interface StoredState {
  readonly nodeId: NodeId
  /** whether the node stopped cleanly, so that its origin may go on */
  readonly clean: boolean
  /** it was, but this is a copy of what was closed: whoever goes on with the other one may have used its numbers */
  readonly copied?: boolean
  readonly origin: Origin | undefined
  /** the last one used of `origin` */
  readonly sequence: number
  readonly updates: readonly Update[]
  readonly seen: Coverage
  readonly collected: readonly (readonly [Origin, Sequence])[]
  readonly epoch: number
  readonly clock: readonly [milliseconds: number, logical: number]
}

/** What changed since the last one: to be stored in one transaction (I5). */
export interface StoreBatch {
  /**
   * The batch is all there is and replaces what the store holds. After a commit that failed a store takes nothing else:
   * a later batch alone would claim `seen` without what the failed one held (I5).
   */
  readonly complete: boolean
  /** whole sibling sets; an empty one removes the parameter */
  readonly parameters: readonly {
    readonly section: string
    readonly parameter: string
    readonly siblings: readonly Update[]
  }[]
  readonly seen: readonly OriginCoverage[]
  /** the whole of it, when it changed */
  readonly collected: readonly (readonly [Origin, Sequence])[] | undefined
  readonly origin: Origin | undefined
  readonly sequence: number
  readonly epoch: number
  readonly clock: readonly [milliseconds: number, logical: number]
}

/** What the core wants done. The host does it, in this order, and nothing else in between. */
export type Effect =
  | { readonly type: 'broadcast'; readonly message: Message }
  | { readonly type: 'send'; readonly to: NodeId; readonly message: Message }
  /** store the batch in one transaction; batches are stored in the order of their versions */
  | { readonly type: 'persist'; readonly version: number; readonly batch: StoreBatch }
  /** the updates of a local write; it is acknowledged once `version` is stored, at once when undefined */
  | { readonly type: 'written'; readonly updates: readonly Update[]; readonly version: number | undefined }
  | { readonly type: 'emit'; readonly event: CoreEvent }
  /** addresses of members that the mesh should know */
  | { readonly type: 'addresses'; readonly addresses: readonly string[] }

const NOTHING: readonly Effect[] = []

/** The moment that is being handled, and what came of it so far. Shared by the parts of one core. */
export class Turn {
  /** elapsed time, monotonic, milliseconds */
  nowMs = 0
  /** the machine's clock, milliseconds since 1970 */
  wallMs = 0
  private effects: Effect[] = []

  begin(nowMs: number, wallMs: number): void {
    this.nowMs = Math.max(this.nowMs, nowMs)
    this.wallMs = wallMs
  }

  end(): readonly Effect[] {
    if (this.effects.length === 0) return NOTHING
    const { effects } = this
    this.effects = []
    return effects
  }

  add(effect: Effect): void {
    this.effects.push(effect)
  }

  broadcast(message: Message): void {
    this.effects.push({ type: 'broadcast', message })
  }

  send(to: NodeId, message: Message): void {
    this.effects.push({ type: 'send', to, message })
  }

  emit(event: CoreEvent): void {
    this.effects.push({ type: 'emit', event })
  }
}
