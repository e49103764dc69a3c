import { type Control, RECEIPT_NUMBERS_MAX } from '#codec/message'
import type { NodeId } from '#core/identity'
import type { Message } from '#core/protocol'

/** What goes to one peer in one frame. */
export interface Parcel {
  readonly to: NodeId
  readonly messages: readonly Message[]
  readonly controls: readonly Control[]
}

interface Waiting {
  readonly messages: Message[]
  readonly numbers: number[]
  /** when the first of them was asked for */
  asked: ClockReading | undefined
}

/** One moment by both clocks: milliseconds since 1970, and elapsed. */
export interface ClockReading {
  readonly wallMs: number
  readonly nowMs: number
}

/** Unicasts that wait until the frame in hand has been handled, so that answers and receipts share a frame. */
export class Outbox {
  private waiting: Map<NodeId, Waiting> | undefined
  private held = false

  hold(): void {
    this.held = true
  }

  release(): void {
    this.held = false
  }

  add(to: NodeId, message: Message): void {
    this.of(to).messages.push(message)
  }

  addReceipt(to: NodeId, number: number, asked: ClockReading): void {
    const waiting = this.of(to)
    waiting.numbers.push(number)
    waiting.asked ??= asked
  }

  /** Nothing while it is held. @param nowMs elapsed time */
  take(nowMs: number): readonly Parcel[] {
    if (this.held || this.waiting === undefined) return NONE
    const parcels = [...this.waiting].map(([to, { messages, numbers, asked }]) => ({
      to,
      messages,
      controls: receipts(numbers, asked, nowMs),
    }))
    this.waiting = undefined
    return parcels
  }

  private of(to: NodeId): Waiting {
    this.waiting ??= new Map()
    let waiting = this.waiting.get(to)
    if (waiting === undefined) {
      waiting = { messages: [], numbers: [], asked: undefined }
      this.waiting.set(to, waiting)
    }
    return waiting
  }
}

const NONE: readonly Parcel[] = []

function receipts(numbers: readonly number[], asked: ClockReading | undefined, nowMs: number): Control[] {
  // A frame with more requests than one receipt can hold is nobody's we know; the rest goes unconfirmed.
  const clockMs = asked && asked.wallMs + (nowMs - asked.nowMs) / 2
  return numbers.length === 0 ? [] : [{ type: 'receipt', numbers: numbers.slice(0, RECEIPT_NUMBERS_MAX), clockMs }]
}
