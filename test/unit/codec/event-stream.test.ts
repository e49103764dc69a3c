import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEvents, type ServerSentEvent } from '#codec/event-stream'

async function read(
  chunks: readonly Uint8Array[],
): Promise<{ events: ServerSentEvent[]; ids: string[]; signs: number }> {
  const ids: string[] = []
  let signs = 0
  const body = (async function* () {
    yield* chunks
  })()
  const observer = { onId: (id: string) => ids.push(id), onSign: () => signs++ }
  const events: ServerSentEvent[] = []
  for await (const event of readEvents(body, observer)) events.push(event)
  return { events, ids, signs }
}

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a stream of server-sent events', () => {
  it('is read field by field', async () => {
    const text = ': hello\nevent: change\nid: r:1\ndata: {"a":\ndata: 1}\n\ndata:bare\n\n'
    expect((await read([bytes(text)])).events).toEqual([
      { event: 'change', id: 'r:1', data: '{"a":\n1}' },
      { event: 'message', id: 'r:1', data: 'bare' },
    ])
  })

  it('moves the id on without an event, so that a quiet selection can resume', async () => {
    const { events, ids } = await read([bytes(': alive\nid: r:7\n\n: alive\nid: r:9\n\n')])
    expect(events).toEqual([])
    expect(ids).toEqual(['r:7', 'r:9'])
  })

  it('drops an event that the end of the stream cut off', async () => {
    expect((await read([bytes('data: whole\n\ndata: half\n')])).events).toEqual([
      { event: 'message', id: '', data: 'whole' },
    ])
  })

  it('gives a sign of life for a comment', async () => {
    expect((await read([bytes(':\n'), bytes(':\n')])).signs).toBe(2)
  })

  it('is the same however it is cut into chunks, and whatever ends its lines', async () => {
    const text = 'event: change\nid: é:1\ndata: {"ä":"→ 𝄞"}\n\n: x\n\ndata: a\ndata: b\n\n'
    const whole = (await read([bytes(text)])).events
    const ends = fc.constantFrom('\n', '\r\n', '\r')
    const cuts = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(ends, cuts, async (end, positions) => {
        const data = bytes(`${text.replaceAll('\n', end)}:\n`)
        const sorted = [0, ...positions.toSorted((a, b) => a - b), data.length]
        const chunks = sorted.slice(1).map((to, i) => data.subarray(sorted[i], to))
        expect((await read(chunks)).events).toEqual(whole)
      }),
    )
  })
})
