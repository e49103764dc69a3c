import type { Control } from '#codec/message'
import type { NodeId } from '#core/identity'
import type { AdapterSettings } from './adapter-settings.ts'
import type { DeliverySample } from './delivery.ts'
import type { Scheduler } from './scheduler.ts'

/** Requests that can wait for their receipt at a time; beyond that sending goes on without asking. */
const AWAITED_MAX = 256
/** Numbers remembered of one peer, far more than it can have under way. */
const NUMBERS_MAX = 512
/** Peers remembered: those that asked for a receipt lately. */
const PEERS_MAX = 1024

interface Awaited {
  readonly to: NodeId
  readonly frame: Uint8Array
  readonly handedOverMs: number
  readonly sentMs: number
  /** how much later it was sent than its batch was due */
  readonly lateMs: number
  /** what a later request of the same topic makes pointless; undefined for the measured ones */
  readonly topic: string | undefined
  sent: number
  /** when it was written to its peer, after others */
  turnMs: number
  /** when it left this process; undefined: nothing is said of that */
  leftMs: number | undefined
  /** when it was sent last */
  resentMs: number
  cancel: () => void
}

export interface ReceiptEvents {
  /** Sends a frame once more. */
  resend(to: NodeId, frame: Uint8Array): void
  measured(sample: DeliverySample): void
  /** A frame that was sent once only was confirmed: who, what its clock read while it had the frame, and how long both ways took. */
  roundTrip(peer: NodeId, peerClockMs: number, elapsedMs: number): void
}

/** A mesh with little traffic asks for a receipt at most this often, so that it has figures too. */
const QUIET_INTERVAL_MS = 1_000

/** Which broadcast frames ask for a receipt: one in every so many, and one a second where there are fewer. */
export class ReceiptSampling {
  private lastMs = Number.NEGATIVE_INFINITY
  private framesSince = 0

  /** Called for each frame; stays true until somebody could be asked. */
  due(nowMs: number, every: number): boolean {
    this.framesSince++
    return this.framesSince >= every || nowMs - this.lastMs >= QUIET_INTERVAL_MS
  }

  asked(nowMs: number): void {
    this.framesSince = 0
    this.lastMs = nowMs
  }
}

/** The asking side: frames that wait for a receipt, and are sent again until it comes. */
export class AwaitedReceipts {
  private readonly awaited = new Map<number, Awaited>()
  private readonly scheduler: Scheduler
  private readonly events: ReceiptEvents
  private nextNumber: number

  /** @param firstNumber at random, so that numbers of different runs of a node do not meet in the peers' memories */
  constructor(scheduler: Scheduler, firstNumber: number, events: ReceiptEvents) {
    this.scheduler = scheduler
    this.nextNumber = firstNumber
    this.events = events
  }

  /** A request to put into the frame, or undefined when too many are under way. */
  request(to: NodeId): Extract<Control, { type: 'receiptRequest' }> | undefined {
    return this.awaited.size < AWAITED_MAX ? { type: 'receiptRequest', number: this.nextNumber++, to } : undefined
  }

  /** The frame with request `number` was sent. */
  await(
    number: number,
    awaited: Omit<Awaited, 'sent' | 'turnMs' | 'leftMs' | 'resentMs' | 'cancel'>,
    settings: AdapterSettings,
  ): void {
    if (awaited.topic !== undefined) this.forget((other) => other.topic === awaited.topic)
    const { sentMs } = awaited
    const entry: Awaited = {
      ...awaited,
      ...{ sent: 1, turnMs: sentMs, leftMs: undefined, resentMs: sentMs, cancel: () => {} },
    }
    this.awaited.set(number, entry)
    this.arm(number, entry, settings)
  }

  /** The frame with this request is written to its peer now. */
  turn(number: number): void {
    const entry = this.awaited.get(number)
    if (entry) entry.turnMs = this.scheduler.nowMs()
  }

  /** The frame with this request left the process. */
  left(number: number): void {
    const entry = this.awaited.get(number)
    if (entry) entry.leftMs ??= this.scheduler.nowMs()
  }

  confirm(from: NodeId, { numbers, clockMs }: Extract<Control, { type: 'receipt' }>): void {
    for (const number of numbers) {
      const entry = this.awaited.get(number)
      if (entry?.to !== from) continue
      entry.cancel()
      this.awaited.delete(number)
      const nowMs = this.scheduler.nowMs()
      // Of a frame that was sent again nobody knows which one this confirms (Karn and Partridge, 1987). A receipt for several was
      // read off the clock for the first of them only.
      if (clockMs !== undefined && entry.sent === 1 && numbers.length === 1)
        this.events.roundTrip(from, clockMs, nowMs - entry.turnMs)
      this.measured(entry, nowMs - entry.handedOverMs)
    }
  }

  /** A peer that is gone is no failure of delivery. */
  forgetPeer(peer: NodeId): void {
    this.forget((entry) => entry.to === peer)
  }

  clear(): void {
    this.forget(() => true)
  }

  private arm(number: number, entry: Awaited, settings: AdapterSettings): void {
    entry.cancel = this.scheduler.schedule(settings.retryIntervalMs, () => {
      if (entry.sent > settings.maxRetries) this.giveUp(number, entry)
      else {
        entry.sent++
        entry.resentMs = this.scheduler.nowMs()
        this.arm(number, entry, settings)
        this.events.resend(entry.to, entry.frame)
      }
    })
  }

  private giveUp(number: number, entry: Awaited): void {
    this.awaited.delete(number)
    this.measured(entry, undefined)
  }

  private measured(entry: Awaited, elapsedMs: number | undefined): void {
    const { topic, handedOverMs, sentMs, lateMs, leftMs, resentMs, sent } = entry
    if (topic !== undefined) return
    const batchMs = Math.max(0, sentMs - handedOverMs - lateMs)
    const inSocketMs = (leftMs ?? sentMs) - sentMs
    const queueMs = sentMs - handedOverMs - batchMs + inSocketMs
    const lostMs = Math.max(0, resentMs - sentMs - inSocketMs)
    this.events.measured({ elapsedMs, batchMs, queueMs, lostMs, retries: sent - 1 })
  }

  private forget(matches: (entry: Awaited) => boolean): void {
    for (const [number, entry] of this.awaited) {
      if (!matches(entry)) continue
      entry.cancel()
      this.awaited.delete(number)
    }
  }
}

/** The confirming side: which numbered frames were handled, so that one that was sent again is only confirmed again. */
export class HandledNumbers {
  private readonly peers = new Map<NodeId, Set<number>>()

  /** Whether the number is new from this peer; remembers it. */
  take(from: NodeId, number: number): boolean {
    const numbers = this.numbersOf(from)
    if (numbers.has(number)) return false
    numbers.add(number)
    if (numbers.size > NUMBERS_MAX) numbers.delete(first(numbers))
    return true
  }

  private numbersOf(from: NodeId): Set<number> {
    const numbers = this.peers.get(from) ?? new Set<number>()
    // Moved to the end, so that the first is the peer that was silent longest.
    this.peers.delete(from)
    this.peers.set(from, numbers)
    if (this.peers.size > PEERS_MAX) this.peers.delete(first(this.peers.keys()))
    return numbers
  }
}

/** Of what is known not to be empty. */
const first = <T>(items: Iterable<T>): T => items[Symbol.iterator]().next().value as T
