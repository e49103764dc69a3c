import type { ServerResponse } from 'node:http'
import { ConfigSyncError } from '#core/errors'
import type { ConfigSync } from '#node/api'
import type { ChangeEvent } from '#node/types'
import type { LogFeed } from '#observe/log-feed'
import type { AutoTuner } from '#tuner/auto-tuner'
import { AgentEvents, type EventSelection } from './agent-events.ts'
import { changeEventBytes } from './event-bytes.ts'
import { EventHistory, type EventHistoryLimits } from './event-history.ts'
import { EventStream, type OpenStream } from './event-stream.ts'
import { WATCH_HEARTBEAT_MS, WATCH_STREAMS_MAX } from './limits.ts'
import { NodesTelling } from './nodes-telling.ts'
import { type WatchSelection, watchSource } from './watch-source.ts'

export interface StreamHubOptions {
  readonly history?: Partial<EventHistoryLimits>
  readonly heartbeatMs?: number
  readonly streamsMax?: number
}

/** All open event streams of one agent, and the histories that they read from. */
export class StreamHub {
  readonly #sync: ConfigSync
  readonly #options: StreamHubOptions
  readonly #streams = new Set<OpenStream>()
  readonly #changes: EventHistory<ChangeEvent>
  readonly #events: AgentEvents
  readonly #nodes: NodesTelling
  readonly #stopListening: () => void
  #timer: NodeJS.Timeout | undefined
  #pumping = false

  /** Recording begins here: construct it before `sync` starts, or nothing from before can be resumed. */
  constructor(sync: ConfigSync, tuner: AutoTuner, logs: LogFeed, options: StreamHubOptions = {}) {
    this.#sync = sync
    this.#options = options
    this.#changes = new EventHistory(0, options.history)
    this.#events = new AgentEvents(sync, tuner, logs, () => this.#pumpSoon())
    this.#stopListening = sync.on('change', (event) => {
      // Both histories hold on to the same values.
      const bytes = changeEventBytes(event)
      this.#changes.record(event, bytes)
      this.#events.noteChange(event, bytes)
    })
    this.#nodes = new NodesTelling(sync)
  }

  /**
   * Whether one more stream may open. Asked while an error can still be answered.
   * @throws ConfigSyncError WATCH_LIMIT
   */
  admit(): void {
    const streamsMax = this.#options.streamsMax ?? WATCH_STREAMS_MAX
    if (this.#streams.size >= streamsMax)
      throw new ConfigSyncError('WATCH_LIMIT', `${streamsMax} event streams are open`)
  }

  /** Takes the response over and streams changes until either side closes. */
  openWatch(response: ServerResponse, selection: WatchSelection, lastEventId: string | undefined): void {
    const source = watchSource(this.#sync, this.#changes, selection)
    this.#keep(response, new EventStream(response, source, lastEventId))
  }

  /** Likewise for everything that happens here. */
  openEvents(response: ServerResponse, selection: EventSelection, lastEventId: string | undefined): void {
    const stream = new EventStream(response, this.#events.source(selection), lastEventId)
    this.#nodes.add(stream)
    response.once('close', () => this.#nodes.remove(stream))
    this.#keep(response, stream)
  }

  close(): void {
    this.#stopListening()
    this.#events.stop()
    this.#nodes.stop()
    for (const stream of this.#streams) stream.close()
  }

  #keep(response: ServerResponse, stream: OpenStream): void {
    this.#streams.add(stream)
    response.once('close', () => this.#forget(stream))
    // No timer runs while nobody watches.
    this.#timer ??= setInterval(() => this.#beat(), this.#options.heartbeatMs ?? WATCH_HEARTBEAT_MS).unref()
  }

  /** One round for all that changes in one go: a frame of 64 messages is one write to each reader. */
  #pumpSoon(): void {
    if (this.#pumping || this.#streams.size === 0) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      for (const stream of this.#streams) stream.pump()
    })
  }

  #beat(): void {
    for (const stream of this.#streams) stream.beat()
  }

  #forget(stream: OpenStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
