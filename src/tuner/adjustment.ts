import { REASON_BYTES_MAX } from '#core/limits'
import { utf8Bytes } from '#core/names'
import type { Move } from './look.ts'
import { splitName } from './tunables.ts'
import type { Measured } from './window.ts'

/** A change that a tuner wants, or made. */
export interface Adjustment {
  readonly section: string
  readonly parameter: string
  readonly oldValue: number
  readonly newValue: number
  readonly reason: string
  /** what was measured before it; undefined where that is known to its maker only */
  readonly measured: Measured | undefined
  /** the reign in which it was made; 0 without a mesh */
  readonly epoch: number
}

/** An adjustment as a node saw it come into force. */
export interface AdjustmentRecord extends Adjustment {
  readonly kind: 'adjust' | 'revert'
  readonly objective: string
  /** who published it */
  readonly nodeId: string
  /** this machine's clock, milliseconds since 1970 */
  readonly at: number
}

/** How the reason of a move begins that takes another one back. */
export const REVERT_REASON = 'taken back: '

export function adjustmentOf({ name, oldValue, newValue, reason, measured }: Move, epoch: number): Adjustment {
  const [section, parameter] = splitName(name)
  return { section, parameter, oldValue, newValue, reason: fitting(reason), measured, epoch }
}

const CUT = '…'

/** It is for people: one of many goals is cut, not refused. */
function fitting(reason: string): string {
  if (utf8Bytes(reason) <= REASON_BYTES_MAX) return reason
  let bytes = utf8Bytes(CUT)
  let cut = ''
  for (const character of reason) {
    bytes += utf8Bytes(character)
    if (bytes > REASON_BYTES_MAX) break
    cut += character
  }
  return cut + CUT
}
