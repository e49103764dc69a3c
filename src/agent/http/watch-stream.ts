import type { ServerResponse } from 'node:http'
import type { JsonValue } from '#core/json'
import type { ChangeEvent, ParameterChangeView } from '#node/types'
import { WATCH_RETRY_MS } from './limits.ts'
import { changeJson } from './views.ts'
import type { WatchHistory } from './watch-history.ts'

export interface WatchSelection {
  readonly section: string | undefined
  readonly parameter: string | undefined
}

/** What a stream tells about and from where. */
export interface WatchSource {
  readonly nodeId: string
  readonly runId: string
  readonly history: WatchHistory
  /** effective values of everything, as they are now */
  config(): Record<string, Record<string, JsonValue>>
}

/**
 * One open stream of server-sent events. It holds no queue: it is a cursor into the shared history, moved on as fast as
 * its reader reads. A reader that falls out of the history is cut off, so that none costs more than a socket's buffer
 * and one event.
 */
export class WatchStream {
  readonly #response: ServerResponse
  readonly #source: WatchSource
  readonly #selection: WatchSelection
  #cursor: number
  #opened = false
  #stalled = false

  constructor(
    response: ServerResponse,
    source: WatchSource,
    selection: WatchSelection,
    lastEventId: string | undefined,
  ) {
    this.#response = response
    this.#source = source
    this.#selection = selection
    this.#cursor = source.history.revision
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
      this.#writeChange(event)
    }
    this.#writeReady()
    this.#response.uncork()
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
      const resumed = this.#revisionOf(lastEventId)
      if (resumed === undefined)
        this.#write('reset', this.#cursor, { revision: this.#cursor, config: this.#selectedConfig() })
      else this.#cursor = resumed
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
    const { nodeId, runId } = this.#source
    this.#write('ready', this.#cursor, { nodeId, runId, revision: this.#cursor })
  }

  #writeChange(event: ChangeEvent): void {
    const changes = event.changes.filter((change) => this.#selects(change))
    if (changes.length > 0)
      this.#write('change', event.revision, { revision: event.revision, changes: changes.map(changeJson) })
  }

  #selects({ section, parameter }: ParameterChangeView): boolean {
    const selection = this.#selection
    if (selection.section !== undefined && selection.section !== section) return false
    return selection.parameter === undefined || selection.parameter === parameter
  }

  #selectedConfig(): Record<string, Record<string, JsonValue>> {
    const all = this.#source.config()
    const { section, parameter } = this.#selection
    if (section === undefined && parameter === undefined) return all
    const selected = Object.entries(all)
      .filter(([name]) => section === undefined || name === section)
      .map(([name, values]) => [name, parameter === undefined ? values : pick(values, parameter)] as const)
      .filter(([, values]) => Object.keys(values).length > 0)
    return Object.fromEntries(selected)
  }

  #write(event: string, revision: number, data: object): void {
    this.#response.write(`event: ${event}\nid: ${this.#id(revision)}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #id(revision: number): string {
    return `${this.#source.runId}:${revision}`
  }
}

const pick = (values: Record<string, JsonValue>, name: string): Record<string, JsonValue> =>
  Object.hasOwn(values, name) ? { [name]: values[name]! } : {}
