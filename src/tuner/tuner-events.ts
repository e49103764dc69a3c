import { EventEmitter } from 'node:events'
import type { TunerMode } from '#core/protocol'
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
}

/** The machine's emitter with the types of these events; an event of the name `error`, on which it would throw, is not among them. */
export class TunerEvents {
  private readonly emitter = new EventEmitter()

  /** Returns what takes the listener off again. */
  on<Name extends keyof TunerEventMap>(name: Name, listener: (event: TunerEventMap[Name]) => void): () => void {
    this.emitter.on(name, listener)
    return () => this.emitter.off(name, listener)
  }

  emit<Name extends keyof TunerEventMap>(name: Name, event: TunerEventMap[Name]): void {
    this.emitter.emit(name, event)
  }
}
