import type { ConfigSyncError } from '#core/errors'
import type { TunerMode } from '#core/protocol'
import { Listeners } from '#node/listeners'
import type { AdjustmentRecord } from './adjustment.ts'
import type { TunerStatus } from './tuner-status.ts'

/** Names of a tuner's events and what their listeners are given. */
export interface TunerEventMap {
  /** an adjustment came into force on this node */
  adjustment: AdjustmentRecord
  /** one was taken back */
  revert: AdjustmentRecord
  /** an objective stays where it is until it is released */
  frozen: { readonly objective: string; readonly reason: string }
  released: { readonly objective: string; readonly reason: string }
  mode: { readonly mode: TunerMode }
  /** a window ended, and this is what came of it */
  window: TunerStatus
  /** a listener or a strategy threw (LISTENER_FAILED, STRATEGY_FAILED), or what was decided was refused or not stored; it goes on */
  error: ConfigSyncError
}

/** Whoever listens to a tuner. */
export class TunerEvents extends Listeners<TunerEventMap> {}
