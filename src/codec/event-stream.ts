/** One server-sent event, as the WHATWG HTML standard (section 9.2) reads it. */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  /** of this event or the last one before it that had one */
  readonly id: string
}

/** What is no event but still of interest. */
export interface StreamObserver {
  /** something arrived, be it a comment */
  onSign?(): void
  /** where to resume from has moved, with or without an event */
  onId?(id: string): void
}

/** An event that is longer is no answer of an agent: its values have limits. Characters. */
const EVENT_CHARACTERS_MAX = 64 * 1024 * 1024

/**
 * Reads the events of a stream of bytes. Ends when the stream ends; an event cut off by the end is dropped, as the
 * standard wants.
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  observer: StreamObserver = {},
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  let lastId = ''
  let pending = emptyEvent('')
  for await (const chunk of body) {
    observer.onSign?.()
    rest += decoder.decode(chunk, { stream: true })
    if (rest.length > EVENT_CHARACTERS_MAX) throw new Error('an event of the stream has no end')
    const lines = completeLines(rest)
    rest = lines.rest
    for (const line of lines.complete) {
      if (line !== '') {
        takeField(pending, line)
        continue
      }
      if (pending.data.length > 0)
        yield { event: pending.event || 'message', data: pending.data.join('\n'), id: pending.id }
      if (pending.id !== lastId) observer.onId?.(pending.id)
      lastId = pending.id
      pending = emptyEvent(lastId)
    }
  }
}

interface PendingEvent {
  event: string
  data: string[]
  id: string
}

const emptyEvent = (id: string): PendingEvent => ({ event: '', data: [], id })

/** Lines end in LF, CR or CRLF; a CR at the very end may be half of a CRLF and waits. */
function completeLines(text: string): { complete: string[]; rest: string } {
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2))
  if (end === -1) return { complete: [], rest: text }
  return {
    complete: text
      .slice(0, end + 1)
      .split(/\r\n|\n|\r/)
      .slice(0, -1),
    rest: text.slice(end + 1),
  }
}

function takeField(pending: PendingEvent, line: string): void {
  const colon = line.indexOf(':')
  if (colon === 0) return
  const field = colon === -1 ? line : line.slice(0, colon)
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (field === 'event') pending.event = value
  else if (field === 'data') pending.data.push(value)
  else if (field === 'id' && !value.includes('\0')) pending.id = value
}
