import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigSync } from '#node/api'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

const ORIGIN = 'http://evil.example'
/** What a page may send to another origin without asking first (the Fetch standard's "simple" requests). */
const SIMPLE_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']

let sync: ConfigSync
let agent: HttpAgent

beforeEach(async () => {
  sync = createNode()
  agent = await new HttpAgent(sync).start()
  await agent.call('PUT', '/v1/config/held/value', { body: { value: 'first' } })
  await agent.call('PUT', '/v1/config/held/value', { body: { value: 'kept' } })
})
afterEach(() => agent.close())

async function expectUnchanged(): Promise<void> {
  expect(sync.get('held', 'value')).toBe('kept')
  expect(sync.inspect('a', 'b')).toBeUndefined()
}

/** Every path and method of the description. */
async function calls(): Promise<[method: string, path: string][]> {
  const { paths } = (await agent.call('GET', '/openapi.json')).body as { paths: Record<string, object> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [
      method.toUpperCase(),
      path.replace('{section}', 'held').replace('{parameter}', 'value'),
    ]),
  )
}

const granted = (headers: Headers): string[] =>
  [...headers.keys()].filter((name) => name.toLowerCase().startsWith('access-control'))

describe('a page of another origin', () => {
  it('asks whether it may call, and is granted nothing anywhere', async () => {
    for (const [method, path] of await calls()) {
      const headers = {
        origin: ORIGIN,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      }
      const answer = await agent.call('OPTIONS', path, { headers })
      expect([path, answer.status, granted(answer.headers)]).toEqual([path, 405, []])
    }
  })

  it.each(SIMPLE_TYPES)('changes nothing by what it need not ask for: %s', async (type) => {
    const posts = (await calls()).filter(([method]) => method === 'POST')
    expect(posts.length).toBeGreaterThan(0)
    for (const [method, path] of posts) {
      for (const text of ['{"to":1,"value":2}', 'to=1&value=2', '']) {
        const answer = await agent.call(method, path, { text, headers: { origin: ORIGIN, 'content-type': type } })
        expect([path, Math.floor(answer.status / 100)]).toEqual([path, 4])
        expect(granted(answer.headers)).toEqual([])
      }
    }
    await expectUnchanged()
  })

  it('changes nothing by a request without a body either', async () => {
    for (const [method, path] of (await calls()).filter(([one]) => one === 'POST'))
      expect((await agent.call(method, path, { headers: { origin: ORIGIN } })).status).toBeGreaterThanOrEqual(400)
    await expectUnchanged()
  })
})

describe('connections', () => {
  it('over the bound are closed, and when one has gone there is room again', async () => {
    await agent.close()
    agent = await new HttpAgent(createNode(), { connectionsMax: 2 }).start()
    const streams = [new AbortController(), new AbortController()]
    for (const { signal } of streams) {
      const response = await fetch(`${agent.url}/v1/watch`, { signal })
      expect(response.status).toBe(200)
    }
    await expect(fetch(`${agent.url}/healthz`)).rejects.toThrow()
    streams[0]!.abort()
    await expect
      .poll(() =>
        fetch(`${agent.url}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      )
      .toBe(true)
    streams[1]!.abort()
  })
})
