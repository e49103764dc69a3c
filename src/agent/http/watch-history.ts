import type { JsonValue } from '#core/json'
import type { ChangeEvent, ParameterChangeView } from '#node/types'
import { WATCH_HISTORY_BYTES_MAX, WATCH_HISTORY_EVENTS_MAX } from './limits.ts'

export interface WatchHistoryLimits {
  readonly eventsMax: number
  /** estimated bytes of the values held on to */
  readonly bytesMax: number
}

interface Entry {
  readonly event: ChangeEvent
  readonly bytes: number
}

/** What an event costs beside its values: the objects of an update and its version vector. */
const CHANGE_BYTES = 512

/**
 * The last change events of this run, so that whoever lost a connection goes on without a gap. Bounded in events and
 * bytes; what is dropped is known by `covers`.
 */
export class WatchHistory {
  readonly #limits: WatchHistoryLimits
  #entries: Entry[] = []
  /** entries before it are dropped; the array is cut when half of it is */
  #head = 0
  #bytes = 0
  /** every event after this revision is here */
  #since: number
  #revision: number

  /** @param revision of the node when recording begins: everything after it is recorded */
  constructor(revision: number, limits?: Partial<WatchHistoryLimits>) {
    this.#limits = { eventsMax: WATCH_HISTORY_EVENTS_MAX, bytesMax: WATCH_HISTORY_BYTES_MAX, ...limits }
    this.#since = revision
    this.#revision = revision
  }

  /** Of the last event recorded. */
  get revision(): number {
    return this.#revision
  }

  /** Revisions rise; gaps between them are no loss. */
  record(event: ChangeEvent): void {
    const bytes = event.changes.reduce((sum, change) => sum + changeBytes(change), 0)
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
  next(revision: number): ChangeEvent | undefined {
    let low = this.#head
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.event.revision > revision) high = middle
      else low = middle + 1
    }
    return this.#entries[low]?.event
  }

  /** The newest stays whatever it weighs, so that whoever keeps up is never cut off. */
  #isFull(): boolean {
    const count = this.#entries.length - this.#head
    return count > this.#limits.eventsMax || (count > 1 && this.#bytes > this.#limits.bytesMax)
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#head]
    if (!oldest) return
    // A dropped entry must let go of its values before the array is cut.
    this.#entries[this.#head] = DROPPED
    this.#head++
    this.#bytes -= oldest.bytes
    this.#since = oldest.event.revision
  }
}

const DROPPED: Entry = { event: { revision: -1, source: 'local', changes: [] }, bytes: 0 }

const changeBytes = (change: ParameterChangeView): number =>
  CHANGE_BYTES + valueBytes(change.value) + valueBytes(change.previous) + valueBytes(change.update.value)

/** A rough size of a value in memory, without making its text. Values are at most 64 levels deep. */
function valueBytes(value: JsonValue | undefined): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 8
  let bytes = 32
  if (Array.isArray(value)) for (const member of value) bytes += valueBytes(member)
  else for (const [key, member] of Object.entries(value)) bytes += key.length * 2 + valueBytes(member as JsonValue)
  return bytes
}
