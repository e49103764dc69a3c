import type { JsonValue } from '#core/json'
import type { ParameterChangeView } from '#node/types'
import { type Adjustment, type AdjustmentRecord, REVERT_REASON } from './adjustment.ts'
import type { TunerEvents } from './tuner-events.ts'

const RECORDS_MAX = 500

const kindOf = (reason: string): AdjustmentRecord['kind'] => (reason.startsWith(REVERT_REASON) ? 'revert' : 'adjust')
const numberOrNaN = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : Number.NaN)

/** Adjustments as they came into force on this node, whoever made them. */
export class AdjustmentLog {
  private readonly records: AdjustmentRecord[] = []
  private readonly events: TunerEvents

  constructor(events: TunerEvents) {
    this.events = events
  }

  /** One that came over the mesh, this node's own included. */
  noteChange(objective: string, change: ParameterChangeView, at: number): void {
    const { section, parameter, value, previous, update } = change
    const { reason = '', epoch, nodeId } = update
    const values = { oldValue: numberOrNaN(previous), newValue: numberOrNaN(value) }
    const adjustment = { section, parameter, ...values, reason, measured: undefined, epoch }
    this.note(objective, adjustment, nodeId, at)
  }

  note(objective: string, adjustment: Adjustment, nodeId: string, at: number): void {
    const record = { ...adjustment, kind: kindOf(adjustment.reason), objective, nodeId, at }
    this.records.push(record)
    if (this.records.length > RECORDS_MAX) this.records.shift()
    this.events.emit(record.kind === 'revert' ? 'revert' : 'adjustment', record)
  }

  /** The newest first. */
  list(): readonly AdjustmentRecord[] {
    return this.records.toReversed()
  }
}
