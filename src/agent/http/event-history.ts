import { WATCH_HISTORY_BYTES_MAX, WATCH_HISTORY_EVENTS_MAX } from './limits.ts'

export interface EventHistoryLimits {
  readonly eventsMax: number
  /** estimated bytes of the values held on to */
  readonly bytesMax: number
}

/** What can be resumed from: revisions rise, and gaps between them are no loss. */
export interface Numbered {
  readonly revision: number
}

interface Entry<E> {
  /** undefined once it was dropped */
  readonly event: E | undefined
  readonly bytes: number
}

/**
 * The last events of this run, so that whoever lost a connection goes on without a gap. Bounded in events and bytes; what
 * is dropped is known by `covers`.
 */
export class EventHistory<E extends Numbered> {
  readonly #limits: EventHistoryLimits
  #entries: Entry<E>[] = []
  /** entries before it are dropped; the array is cut when half of it is */
  #head = 0
  #bytes = 0
  /** every event after this revision is here */
  #since: number
  #revision: number

  /** @param revision when recording begins: everything after it is recorded */
  constructor(revision: number, limits?: Partial<EventHistoryLimits>) {
    this.#limits = { eventsMax: WATCH_HISTORY_EVENTS_MAX, bytesMax: WATCH_HISTORY_BYTES_MAX, ...limits }
    this.#since = revision
    this.#revision = revision
  }

  /** Of the last event recorded. */
  get revision(): number {
    return this.#revision
  }

  /** @param bytes what it holds on to, estimated */
  record(event: E, bytes: number): void {
    this.#entries.push({ event, bytes })
    this.#bytes += bytes
    this.#revision = event.revision
    while (this.#isFull()) this.#dropOldest()
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }

  /** Whether whoever has seen everything up to `revision` can be told all the rest. */
  covers(revision: number): boolean {
    return revision >= this.#since && revision <= this.#revision
  }

  /** The first event after `revision`; undefined when there is none. Right only while `covers(revision)`. */
  next(revision: number): E | undefined {
    let low = this.#head
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.event!.revision > revision) high = middle
      else low = middle + 1
    }
    return this.#entries[low]?.event
  }

  /** The revision after which there are `count` events, or as many as are remembered. */
  back(count: number): number {
    const first = Math.max(this.#head, this.#entries.length - count)
    if (first === this.#entries.length) return this.#revision
    return first === this.#head ? this.#since : this.#entries[first - 1]!.event!.revision
  }

  /** The newest stays whatever it weighs, so that whoever keeps up is never cut off. */
  #isFull(): boolean {
    const count = this.#entries.length - this.#head
    return count > this.#limits.eventsMax || (count > 1 && this.#bytes > this.#limits.bytesMax)
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#head]
    if (!oldest?.event) return
    // A dropped entry must let go of its values before the array is cut.
    this.#entries[this.#head] = { event: undefined, bytes: 0 }
    this.#head++
    this.#bytes -= oldest.bytes
    this.#since = oldest.event.revision
  }
}
