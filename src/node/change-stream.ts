import type { ChangeEvent, ParameterChangeView, WatchOptions } from './types.ts'

/** A reader that is this far behind gets the rest as one event, the latest value of each parameter. */
const EVENTS_MAX = 1_024

/** The changes that a reader asked for, as an async iterator. A slow reader loses no final value and costs bounded memory. */
export class ChangeStream implements AsyncIterableIterator<ChangeEvent> {
  private readonly options: WatchOptions
  private readonly onEnd: () => void
  private events: ChangeEvent[] = []
  private waiting: ((result: IteratorResult<ChangeEvent>) => void)[] = []
  private ended = false

  constructor(options: WatchOptions, onEnd: () => void) {
    this.options = options
    this.onEnd = onEnd
    options.signal?.addEventListener('abort', this.end, { once: true })
    if (options.signal?.aborted) this.end()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  push(event: ChangeEvent): void {
    const wanted = this.wanted(event)
    if (wanted === undefined || this.ended) return
    const reader = this.waiting.shift()
    if (reader) return reader({ value: wanted, done: false })
    this.events.push(wanted)
    if (this.events.length > EVENTS_MAX) this.events = [coalesced(this.events)]
  }

  private wanted(event: ChangeEvent): ChangeEvent | undefined {
    const { section, parameter } = this.options
    if (section === undefined) return event
    const changes = event.changes.filter(
      (change) => change.section === section && (parameter === undefined || change.parameter === parameter),
    )
    return changes.length > 0 ? { ...event, changes } : undefined
  }

  next(): Promise<IteratorResult<ChangeEvent>> {
    const event = this.events.shift()
    if (event) return Promise.resolve({ value: event, done: false })
    if (this.ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  return(): Promise<IteratorResult<ChangeEvent>> {
    this.events = []
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Readers get what is queued, then the end. */
  readonly end = (): void => {
    if (this.ended) return
    this.ended = true
    this.options.signal?.removeEventListener('abort', this.end)
    this.onEnd()
    for (const reader of this.waiting.splice(0)) reader({ value: undefined, done: true })
  }
}

function coalesced(events: readonly ChangeEvent[]): ChangeEvent {
  const byName = new Map<string, ParameterChangeView>()
  for (const { changes } of events)
    for (const change of changes) {
      const key = `${change.section}.${change.parameter}`
      const { section, parameter, value, deleted, update } = change
      const { previous } = byName.get(key) ?? change
      byName.set(key, { section, parameter, value, previous, deleted, update })
    }
  const last = events.at(-1)!
  return { revision: last.revision, source: last.source, changes: [...byName.values()] }
}
