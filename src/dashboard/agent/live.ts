import { readEvents } from '#codec/event-stream'
import { type Api, Refused } from './api.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'token'

/** Past events that a page begins with, so that its log is not empty when somebody opens it because of what happened. */
const PAST_EVENTS = 500
const RETRY_MS_LEAST = 250
const RETRY_MS_MOST = 5_000
/** An agent shows life every 15 s; longer silence is a connection that is dead and does not know it. */
const SILENCE_MS_MAX = 40_000

export interface LiveListener {
  onConnection(connection: Connection): void
  /** the stream is up to date: what it does not tell has to be asked for now */
  onReady(): Promise<void>
  onEvent(event: string, data: string): void
}

/** The one event stream of the page. It connects again whenever it breaks, and resumes where it was. */
export class Live {
  readonly #api: Api
  readonly #listener: LiveListener
  #lastId: string | undefined
  #retryMs = RETRY_MS_LEAST

  constructor(api: Api, listener: LiveListener) {
    this.#api = api
    this.#listener = listener
  }

  /** Ends only when the agent wants a token; to be called again when there is one. */
  async run(): Promise<void> {
    for (;;) {
      const outcome = await this.#connect()
      this.#listener.onConnection(outcome)
      if (outcome === 'token') return
      await new Promise((resolve) => setTimeout(resolve, this.#retryMs))
      this.#retryMs = Math.min(RETRY_MS_MOST, 2 * this.#retryMs)
    }
  }

  async #connect(): Promise<'lost' | 'token'> {
    const abort = new AbortController()
    let silence: ReturnType<typeof setTimeout> | undefined
    const noteLife = () => {
      clearTimeout(silence)
      silence = setTimeout(() => abort.abort(), SILENCE_MS_MAX)
    }
    try {
      const headers = this.#lastId === undefined ? {} : { 'last-event-id': this.#lastId }
      const response = await this.#api.call(`/v1/events?log=debug&past=${PAST_EVENTS}`, {
        headers,
        signal: abort.signal,
      })
      noteLife()
      const observer = { onSign: noteLife, onId: (id: string) => this.#noteId(id) }
      for await (const { event, data, id } of readEvents(chunks(response.body!), observer)) {
        this.#noteId(id)
        if (event === 'ready') await this.#ready()
        else this.#listener.onEvent(event, data)
      }
    } catch (cause) {
      if (cause instanceof Refused && cause.status === 401) return 'token'
    } finally {
      clearTimeout(silence)
      abort.abort()
    }
    return 'lost'
  }

  #noteId(id: string): void {
    if (id !== '') this.#lastId = id
  }

  async #ready(): Promise<void> {
    this.#retryMs = RETRY_MS_LEAST
    this.#listener.onConnection('live')
    await this.#listener.onReady()
  }
}

/** Not every browser iterates a stream by itself. */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
