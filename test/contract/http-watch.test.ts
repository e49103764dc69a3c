import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpServerOptions } from '#agent/http/server'
import type { ConfigSync } from '#node/api'
import { eventually } from '../support/eventually.ts'
import { HttpAgent, type WatchClient } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

let sync: ConfigSync
let agent: HttpAgent
const watches: WatchClient[] = []

async function start(options: Partial<HttpServerOptions> = {}): Promise<void> {
  sync = createNode()
  agent = await new HttpAgent(sync, options).start()
}

async function watch(query = '', lastEventId?: string): Promise<WatchClient> {
  const client = agent.watch(query, lastEventId)
  watches.push(client)
  await eventually('the watch is open', () => client.has('ready'))
  return client
}

const told = (client: WatchClient) =>
  client.changes().flatMap(({ data }) => data.changes.map((change: { value: unknown }) => change.value))
const write = (parameter: string, value: unknown, section = 'a') =>
  sync.publishUpdate(section, parameter, value as never)

afterEach(async () => {
  await agent.close()
  await Promise.all(watches.splice(0).map((client) => client.close()))
})

describe('a watch', () => {
  it('begins with ready, then tells each change with what stood before', async () => {
    await start()
    await write('x', 0)
    const client = await watch()
    await write('x', 1)
    await sync.deleteParameter('a', 'x', { reason: 'unused' })
    await eventually('two changes', () => client.changes().length === 2)
    const { nodeId, runId, revision } = sync.status()
    expect(client.events.map(({ event }) => event)).toEqual(['ready', 'change', 'change'])
    expect(client.events[0]!.data).toEqual({ nodeId, runId, revision: revision - 2 })
    const [set, deleted] = client.changes()
    expect(set).toMatchObject({ id: `${runId}:${revision - 1}`, data: { revision: revision - 1 } })
    expect(set!.data.changes).toMatchObject([
      { section: 'a', parameter: 'x', value: 1, previous: 0, deleted: false, update: { nodeId } },
    ])
    expect(deleted!.data.changes).toMatchObject([
      { value: null, previous: 1, deleted: true, update: { reason: 'unused' } },
    ])
  })

  it('can be narrowed to a section, and to a parameter', async () => {
    await start()
    const [all, section, parameter] = [await watch(), await watch('?section=a'), await watch('?section=a&parameter=x')]
    await sync.publishUpdates([
      { section: 'a', parameter: 'x', value: 1 },
      { section: 'b', parameter: 'x', value: 2 },
    ])
    await write('x', 3, 'b')
    await write('y', 4)
    await write('x', 5)
    await eventually(
      'all told',
      () => told(all).length === 5 && told(section).length === 3 && told(parameter).length === 2,
    )
    expect([told(all), told(section), told(parameter)]).toEqual([
      [1, 2, 3, 4, 5],
      [1, 4, 5],
      [1, 5],
    ])
  })

  it('shows life, with the newest id even when its selection is quiet', async () => {
    await start({ watch: { heartbeatMs: 20 } })
    const received = await openRaw('/v1/watch?section=quiet')
    await write('x', 1)
    const newest = `id: ${sync.status().runId}:${sync.status().revision}\n\n`
    await eventually('a sign of life with the newest id', () => received.text().includes(`: alive\n${newest}`))
    expect(received.text()).not.toContain('event: change')
    received.socket.destroy()
  })

  it('is an event stream that nobody may keep', async () => {
    await start()
    const response = await fetch(`${agent.url}/v1/watch`, { headers: { accept: 'application/json' } })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    await response.body!.cancel()
  })
})

describe('resuming', () => {
  it('goes on after the last event, without a gap, while others write', async () => {
    await start()
    const total = 400
    let lastId: string | undefined = `${sync.status().runId}:${sync.status().revision}`
    const writes = (async () => {
      for (let i = 0; i < total; i++) {
        await write('x', i)
        if (i % 10 === 0) await new Promise(setImmediate)
      }
    })()
    const values: unknown[] = []
    for (let round = 0; values.length < total; round++) {
      const client = agent.watch('', lastId)
      const wanted = Math.min(total, values.length + 1 + (round % 7) * 13)
      await eventually(`${wanted} values`, () => values.length + told(client).length >= wanted)
      await client.close()
      expect(client.has('reset')).toBe(false)
      values.push(...told(client))
      lastId = client.changes().at(-1)?.id ?? lastId
    }
    await writes
    expect(values).toEqual(Array.from({ length: total }, (_, i) => i))
  })

  it('replays what was missed before it is ready', async () => {
    await start()
    const first = await watch()
    await write('x', 1)
    await eventually('the first change', () => first.changes().length === 1)
    await first.close()
    await write('x', 2)
    await write('y', 3, 'b')
    await write('x', 4)
    const second = await watch('?section=a', first.lastId)
    expect(second.events.map(({ event }) => event)).toEqual(['change', 'change', 'ready'])
    expect(told(second)).toEqual([2, 4])
  })

  it('from the newest event misses nothing and is told nothing twice', async () => {
    await start()
    await write('x', 1)
    const { runId, revision } = sync.status()
    const client = await watch('', `${runId}:${revision}`)
    expect(client.events.map(({ event }) => event)).toEqual(['ready'])
  })

  it.each([
    ['another run', () => '0123456789abcdef:1'],
    ['the future', () => `${sync.status().runId}:${sync.status().revision + 1}`],
    ['no id of ours', () => 'none'],
    ['a damaged id', () => `${sync.status().runId}:1e3`],
    ['an id with more behind it', () => `${sync.status().runId}:1:2`],
  ])('with an id of %s is reset with everything', async (_, lastId) => {
    await start()
    await write('x', 1)
    await write('y', null, 'b')
    const client = await watch('', lastId())
    const { revision } = sync.status()
    expect(client.events.map(({ event }) => event)).toEqual(['reset', 'ready'])
    expect(client.events[0]!.data).toEqual({ revision, config: sync.getAll() })
    expect(client.events[0]!.data.config).toMatchObject({ a: { x: 1 }, b: { y: null } })
  })

  it('of a narrowed watch is reset with what it watches', async () => {
    await start()
    await write('x', 1)
    await write('y', 2)
    await write('x', 3, 'b')
    const resets = [
      await watch('?section=a', 'none'),
      await watch('?section=a&parameter=y', 'none'),
      await watch('?section=no', 'none'),
    ]
    expect(resets.map(({ events }) => events[0]!.data.config)).toEqual([{ a: { x: 1, y: 2 } }, { a: { y: 2 } }, {}])
  })

  it('beyond the bounded history is reset, within it is not', async () => {
    await start({ watch: { history: { eventsMax: 3 } } })
    for (let i = 0; i < 10; i++) await write('x', i)
    const { runId, revision } = sync.status()
    expect((await watch('', `${runId}:${revision - 4}`)).has('reset')).toBe(true)
    expect(told(await watch('', `${runId}:${revision - 3}`))).toEqual([7, 8, 9])
  })
})

describe('limits', () => {
  it('cuts off a reader that does not read, once the history has passed it', async () => {
    await start({ watch: { history: { bytesMax: 2 * 1024 * 1024 } } })
    const stalled = await openRaw('/v1/watch')
    stalled.socket.pause()
    const reader = await watch()
    let closed = false
    stalled.socket.on('close', () => {
      closed = true
    })
    const value = 'x'.repeat(400 * 1024)
    for (let i = 0; i < 40; i++) {
      await write('big', `${i}${value}`)
      await eventually('the other reader has it', () => reader.changes().length > i)
    }
    stalled.socket.resume()
    await eventually('the stalled one is cut off', () => closed)
    expect(stalled.text().length).toBeLessThan(30 * value.length)
    expect(reader.changes()).toHaveLength(40)
  })

  it('cuts off a reader that takes nothing between two signs of life', async () => {
    await start({ watch: { heartbeatMs: 30, streamsMax: 1 } })
    const stalled = await openRaw('/v1/watch')
    stalled.socket.pause()
    for (let i = 0; i < 12; i++) await write('big', `${i}${'x'.repeat(1024 * 1000)}`)
    await eventually('there is room for another', async () => (await probe()) === 200)
    stalled.socket.destroy()
  })

  it('answers WATCH_LIMIT to one stream too many, and takes one again when one has gone', async () => {
    await start({ watch: { streamsMax: 2 } })
    const [first] = [await watch(), await watch()]
    const refused = await agent.call('GET', '/v1/watch')
    expect([refused.status, refused.body.code]).toEqual([503, 'WATCH_LIMIT'])
    await first.close()
    await eventually('there is room again', async () => (await probe()) === 200)
  })

  it('stops at once with open streams', async () => {
    await start()
    const client = await watch()
    await agent.close()
    expect(await client.ended).toBeDefined()
  })
})

async function probe(): Promise<number> {
  const response = await fetch(`${agent.url}/v1/watch`)
  await response.body?.cancel()
  return response.status
}

/** A watch on a bare socket, to read from or not. */
async function openRaw(path: string): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect({ port: Number(new URL(agent.url).port), host: '127.0.0.1' })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  const text = () => Buffer.concat(chunks).toString()
  await eventually('the stream is ready', () => text().includes('event: ready'))
  return { socket, text }
}
