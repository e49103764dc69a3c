import type { ErrorCode } from './errors.ts'
import type { NodeId, Origin } from './identity.ts'
import type { Update } from './update.ts'

/** One parameter whose siblings changed: what stood before, and what stands now. */
export interface ParameterChange {
  readonly section: string
  readonly parameter: string
  readonly before: readonly Update[]
  readonly after: readonly Update[]
  /** the update that caused it */
  readonly update: Update
}

/** What the core tells its host. Events are facts, never requests. */
export type CoreEvent =
  /** everything that one message or one local write changed, in one piece */
  | {
      readonly type: 'changed'
      readonly source: 'local' | 'remote' | 'repair'
      readonly changes: readonly ParameterChange[]
    }
  /** siblings of one parameter that did not know of each other met here */
  | {
      readonly type: 'conflict'
      readonly section: string
      readonly parameter: string
      readonly siblings: readonly Update[]
    }
  | {
      readonly type: 'member'
      readonly nodeId: NodeId
      readonly state: 'joined' | 'left' | 'gone' | 'suspected' | 'restarted' | 'recovered'
    }
  | {
      readonly type: 'coordinator'
      readonly coordinator: NodeId | undefined
      readonly epoch: number
      readonly self: boolean
    }
  /** something came in that was not taken, or not fully */
  | {
      readonly type: 'rejected'
      readonly code: ErrorCode
      readonly detail: string
      readonly nodeId: NodeId | undefined
    }
  /** a pull or a repair broadcast closed a gap (or failed to) */
  | {
      readonly type: 'repaired'
      readonly from: NodeId
      readonly updates: number
      readonly full: boolean
      readonly outcome: 'complete' | 'empty' | 'timeout'
      readonly elapsedMs: number
    }
  | { readonly type: 'diverged'; readonly nodeId: NodeId; readonly detail: string }
  | {
      readonly type: 'originTaken'
      readonly origin: Origin
      readonly replaced: Origin | undefined
      readonly reason: string
    }
  /** since this start the node lacked nothing that some member had, or has been alone long enough */
  | { readonly type: 'ready' }
