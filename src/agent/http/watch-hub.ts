import type { ServerResponse } from 'node:http'
import { ConfigSyncError } from '#core/errors'
import type { ConfigSync } from '#node/api'
import { WATCH_HEARTBEAT_MS, WATCH_STREAMS_MAX } from './limits.ts'
import { WatchHistory, type WatchHistoryLimits } from './watch-history.ts'
import { type WatchSelection, type WatchSource, WatchStream } from './watch-stream.ts'

export interface WatchHubOptions {
  readonly history?: Partial<WatchHistoryLimits>
  readonly heartbeatMs?: number
  readonly streamsMax?: number
}

/** All open watches of one agent, and the history that they read from. */
export class WatchHub {
  readonly #sync: ConfigSync
  readonly #options: WatchHubOptions
  readonly #streams = new Set<WatchStream>()
  readonly #stopListening: () => void
  readonly #history: WatchHistory
  #source: WatchSource | undefined
  #timer: NodeJS.Timeout | undefined
  #pumping = false

  /** Recording begins here: construct it before `sync` starts, or nothing from before can be resumed. */
  constructor(sync: ConfigSync, options: WatchHubOptions = {}) {
    this.#sync = sync
    this.#options = options
    this.#history = new WatchHistory(0, options.history)
    this.#stopListening = sync.on('change', (event) => {
      this.#history.record(event)
      if (this.#streams.size > 0) this.#pumpSoon()
    })
  }

  /**
   * Whether one more stream may open. Asked while an error can still be answered.
   * @throws ConfigSyncError WATCH_LIMIT, NOT_STARTED
   */
  admit(): void {
    const streamsMax = this.#options.streamsMax ?? WATCH_STREAMS_MAX
    if (this.#streams.size >= streamsMax)
      throw new ConfigSyncError('WATCH_LIMIT', `${streamsMax} event streams are open`)
    this.#watchSource()
  }

  /** Takes the response over and streams until either side closes. */
  open(response: ServerResponse, selection: WatchSelection, lastEventId: string | undefined): void {
    const stream = new WatchStream(response, this.#watchSource(), selection, lastEventId)
    this.#streams.add(stream)
    response.once('close', () => this.#forget(stream))
    // No timer runs while nobody watches.
    this.#timer ??= setInterval(() => this.#beat(), this.#options.heartbeatMs ?? WATCH_HEARTBEAT_MS).unref()
  }

  close(): void {
    this.#stopListening()
    for (const stream of this.#streams) stream.close()
  }

  #watchSource(): WatchSource {
    if (!this.#source) {
      const { nodeId, runId } = this.#sync.status()
      this.#source = { nodeId, runId, history: this.#history, config: () => this.#sync.getAll() }
    }
    return this.#source
  }

  /** One round for all that changes in one go: a frame of 64 messages is one write to each reader. */
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      for (const stream of this.#streams) stream.pump()
    })
  }

  #beat(): void {
    for (const stream of this.#streams) stream.beat()
  }

  #forget(stream: WatchStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
