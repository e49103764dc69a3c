import type { ServerResponse } from 'node:http'
import type { EventHistory, Numbered } from './event-history.ts'
import { WATCH_RETRY_MS } from './limits.ts'

/** One server-sent event: its name, and its data as JSON text or as what becomes it. */
export interface Told {
  readonly event: string
  readonly data: object | string
}

/** What one stream tells about and from where. */
export interface StreamSource<E extends Numbered> {
  readonly runId: string
  readonly history: EventHistory<E>
  /** undefined: this reader did not ask for it */
  tell(event: E): Told | undefined
  /** for whoever cannot go on where it was: what stands instead of what was missed */
  reset(revision: number): object
  /** the opening is over */
  ready(revision: number): object
  /** where a reader begins that has seen nothing */
  readonly start: number
}

/** How a hub handles any of its streams. */
export interface OpenStream {
  pump(): void
  beat(): void
  close(): void
  tellNow(told: Told): void
}

/**
 * One open stream of server-sent events. It holds no queue: it is a cursor into the shared history, moved on as fast as
 * its reader reads. A reader that falls out of the history is cut off, so that none costs more than a socket's buffer
 * and one event.
 */
export class EventStream<E extends Numbered> implements OpenStream {
  readonly #response: ServerResponse
  readonly #source: StreamSource<E>
  #cursor: number
  #opened = false
  #stalled = false

  constructor(response: ServerResponse, source: StreamSource<E>, lastEventId: string | undefined) {
    this.#response = response
    this.#source = source
    this.#cursor = source.start
    response.on('drain', () => this.pump())
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    response.write(`retry: ${WATCH_RETRY_MS}\n\n`)
    this.#begin(lastEventId)
  }

  /** Writes what there is until the reader has enough for now. */
  pump(): void {
    const { history } = this.#source
    if (this.#response.destroyed) return
    if (!history.covers(this.#cursor)) return void this.#response.destroy()
    this.#response.cork()
    for (
      let event = history.next(this.#cursor);
      event && !this.#response.writableNeedDrain;
      event = history.next(this.#cursor)
    ) {
      this.#cursor = event.revision
      const told = this.#source.tell(event)
      if (told) this.#write(told, event.revision)
    }
    this.#writeReady()
    this.#response.uncork()
  }

  /** What is true of this moment only: it has no id, and a reader that is busy is told the next instead. */
  tellNow({ event, data }: Told): void {
    if (!this.#opened || this.#response.writableNeedDrain || this.#response.destroyed) return
    this.#response.write(`event: ${event}\ndata: ${text(data)}\n\n`)
  }

  /**
   * A sign of life, with the newest id so that a stream whose selection is quiet does not fall out of the history.
   * A reader that has taken nothing since the last one is cut off.
   */
  beat(): void {
    if (this.#response.writableNeedDrain) {
      if (this.#stalled) this.#response.destroy()
      this.#stalled = true
      return
    }
    this.#stalled = false
    this.#response.write(`: alive\nid: ${this.#id(this.#cursor)}\n\n`)
  }

  close(): void {
    this.#response.end()
    // A reader that does not read would keep the response open.
    this.#response.destroy()
  }

  #begin(lastEventId: string | undefined): void {
    if (lastEventId !== undefined) {
      const { history } = this.#source
      this.#cursor = this.#revisionOf(lastEventId) ?? history.revision
      if (this.#revisionOf(lastEventId) === undefined)
        this.#write({ event: 'reset', data: this.#source.reset(this.#cursor) }, this.#cursor)
    }
    this.pump()
  }

  /** The revision to go on from; undefined when the id is of another run or agent, or too old. */
  #revisionOf(eventId: string): number | undefined {
    const [runId, revision = '', ...rest] = eventId.split(':')
    if (runId !== this.#source.runId || rest.length > 0 || !/^\d{1,15}$/.test(revision)) return undefined
    return this.#source.history.covers(Number(revision)) ? Number(revision) : undefined
  }

  /** Once, when all that the opening had to tell is written. */
  #writeReady(): void {
    if (this.#opened || this.#cursor !== this.#source.history.revision) return
    this.#opened = true
    this.#write({ event: 'ready', data: this.#source.ready(this.#cursor) }, this.#cursor)
  }

  #write({ event, data }: Told, revision: number): void {
    this.#response.write(`event: ${event}\nid: ${this.#id(revision)}\ndata: ${text(data)}\n\n`)
  }

  #id(revision: number): string {
    return `${this.#source.runId}:${revision}`
  }
}

const text = (data: object | string): string => (typeof data === 'string' ? data : JSON.stringify(data))
