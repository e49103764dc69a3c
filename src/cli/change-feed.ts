import { setTimeout as delay } from 'node:timers/promises'
import type { changeJson } from '#agent/http/views'
import { readEvents, type ServerSentEvent } from '#codec/event-stream'
import type { JsonValue } from '#core/json'
import type { AgentClient } from './agent-client.ts'
import { CommandFailure, errorText } from './failure.ts'
import type { NameSelection } from './parameter-name.ts'

/** An agent sends a comment every 15 s; three missed ones mean a connection that is dead without knowing it. */
const SILENCE_MS_MAX = 45_000
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 2_000

export type FeedChange = ReturnType<typeof changeJson>

/** What an agent's watch tells. `id` is `runId:revision`. */
export type FeedEvent =
  /** the watch stands; everything after `revision` will be told */
  | { readonly event: 'ready'; readonly id: string; readonly revision: number }
  | {
      readonly event: 'change'
      readonly id: string
      readonly revision: number
      readonly changes: readonly FeedChange[]
    }
  /** what was missed cannot be told one by one: here is everything */
  | {
      readonly event: 'reset'
      readonly id: string
      readonly revision: number
      readonly config: Record<string, Record<string, JsonValue>>
    }

export interface FeedOptions extends NameSelection {
  readonly signal: AbortSignal
  /** where to go on from; default: from now on */
  readonly lastEventId?: string
  /** the connection was lost and is being made again */
  readonly onLost?: (reason: string) => void
}

/**
 * Follows an agent's changes until `signal`, over any number of lost connections and without a gap (Last-Event-ID).
 * @throws a CommandFailure when the first connection fails, or when the agent refuses a later one
 */
export async function* followChanges(client: AgentClient, options: FeedOptions): AsyncGenerator<FeedEvent> {
  const path = watchPath(options)
  let lastEventId = options.lastEventId ?? ''
  let established = false
  let retryMs = RETRY_MS_MIN
  while (!options.signal.aborted) {
    try {
      const keepId = (id: string) => {
        lastEventId = id
      }
      for await (const event of oneConnection(client, path, lastEventId, keepId, options.signal)) {
        established = true
        retryMs = RETRY_MS_MIN
        lastEventId = event.id
        yield event
      }
      options.onLost?.('the agent closed the stream')
    } catch (error) {
      if (options.signal.aborted) return
      if (!established || isRefusal(error)) throw error
      options.onLost?.(errorText(error))
    }
    await delay(retryMs, undefined, { signal: options.signal }).catch(() => {})
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)
  }
}

async function* oneConnection(
  client: AgentClient,
  path: string,
  lastEventId: string,
  onId: (id: string) => void,
  signal: AbortSignal,
): AsyncGenerator<FeedEvent> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error('the agent fell silent')), SILENCE_MS_MAX)
  const headers: Record<string, string> = lastEventId ? { 'last-event-id': lastEventId } : {}
  try {
    const response = await client.openStream(path, headers, AbortSignal.any([signal, silence.signal]))
    for await (const event of readEvents(response.body!, { onId, onSign: () => timer.refresh() })) {
      const known = toFeedEvent(event)
      if (known) yield known
    }
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

/** Events of a kind that this version does not know are passed over. */
function toFeedEvent({ event, id, data }: ServerSentEvent): FeedEvent | undefined {
  if (event !== 'ready' && event !== 'change' && event !== 'reset') return undefined
  return { event, id, ...(JSON.parse(data) as object) } as FeedEvent
}

/** A refusal that trying again will not change; an agent that cannot be reached may come back. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof CommandFailure)) return false
  const { code } = error.view
  return code !== 'AGENT_UNREACHABLE' && code !== 'STOPPING' && code !== 'NOT_STARTED' && code !== 'WATCH_LIMIT'
}

function watchPath({ section, parameter }: NameSelection): string {
  const query = new URLSearchParams()
  if (section !== undefined) query.set('section', section)
  if (parameter !== undefined) query.set('parameter', parameter)
  return query.size > 0 ? `/v1/watch?${query}` : '/v1/watch'
}
