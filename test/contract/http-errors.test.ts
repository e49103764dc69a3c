import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '#core/errors'
import type { ConfigSync } from '#node/api'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

let sync: ConfigSync
let agent: HttpAgent

beforeEach(async () => {
  sync = createNode()
  agent = await new HttpAgent(sync, { requestMsMax: 300 }).start()
  await agent.call('PUT', '/v1/config/held/value', { body: { value: 'kept' } })
})
afterEach(() => agent.close())

/** Every refusal has the whole form of RFC 9457, changes nothing and shows nothing of the inside. */
async function expectRefused(answer: Awaited<ReturnType<HttpAgent['call']>>, code: ErrorCode): Promise<void> {
  expect(answer.text).toContain(code)
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  const { http: status, hint } = ERROR_CODES[code]
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ type: `urn:configsync:error:${code}`, status, code, hint })
  expect(answer.body.title).toBeTruthy()
  expect(answer.body.detail).toBeTruthy()
  expect(answer.text).not.toMatch(/\.ts:|node_modules|at \w+ \(/)
  expect(sync.getAll()).toHaveProperty(['held'], { value: 'kept' })
  expect(sync.inspect('a', 'b')).toBeUndefined()
  expect((await agent.call('GET', '/healthz')).status).toBe(200)
}

const put = '/v1/config/a/b'

describe('bodies that say nothing usable', () => {
  const bodies: [what: string, text: string | Uint8Array<ArrayBuffer>, code: ErrorCode][] = [
    ['is cut off', '{"value":', 'JSON_MALFORMED'],
    ['is empty', '', 'JSON_MALFORMED'],
    ['is no JSON', 'value=1', 'JSON_MALFORMED'],
    ['has NaN', '{"value":NaN}', 'JSON_MALFORMED'],
    [
      'is not UTF-8',
      new Uint8Array([...Buffer.from('{"value":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
      'JSON_MALFORMED',
    ],
    ['is no object', '[1]', 'REQUEST_INVALID'],
    ['is null', 'null', 'REQUEST_INVALID'],
    ['has no value', '{"reason":"x"}', 'REQUEST_INVALID'],
    ['has a misspelt field', '{"value":1,"prioritty":2}', 'REQUEST_INVALID'],
    ['has a priority that is a text', '{"value":1,"priority":"2"}', 'REQUEST_INVALID'],
    ['has a priority that is no integer', '{"value":1,"priority":1.5}', 'REQUEST_INVALID'],
    ['has a reason that is a number', '{"value":1,"reason":2}', 'REQUEST_INVALID'],
  ]
  it.each(bodies)('PUT: a body that %s', async (_, text, code) => {
    await expectRefused(await agent.call('PUT', put, { text }), code)
  })

  it('names the misspelt field', async () => {
    const { body } = await agent.call('PUT', put, { text: '{"value":1,"prioritty":2}' })
    expect(body.detail).toContain('prioritty')
  })

  const patches: [what: string, body: unknown, code: ErrorCode][] = [
    ['has no changes', {}, 'REQUEST_INVALID'],
    ['has changes that are no list', { changes: {} }, 'REQUEST_INVALID'],
    ['has a change without a name', { changes: [{ section: 'a', value: 1 }] }, 'REQUEST_INVALID'],
    ['has a change without a value', { changes: [{ section: 'a', parameter: 'b' }] }, 'REQUEST_INVALID'],
    [
      'has a change with a value that is deleted',
      { changes: [{ section: 'a', parameter: 'b', value: 1, deleted: true }] },
      'REQUEST_INVALID',
    ],
    [
      'has a change that is deleted: false',
      { changes: [{ section: 'a', parameter: 'b', deleted: false }] },
      'REQUEST_INVALID',
    ],
    ['has a name that is a number', { changes: [{ section: 'a', parameter: 5, value: 1 }] }, 'REQUEST_INVALID'],
  ]
  it.each(patches)('PATCH: a body that %s', async (_, body, code) => {
    await expectRefused(await agent.call('PATCH', '/v1/config', { body }), code)
  })

  it.each([['text/plain'], ['application/x-www-form-urlencoded'], ['application/json-seq']])(
    'media type %s',
    async (type) => {
      await expectRefused(
        await agent.call('PUT', put, { text: '{"value":1}', headers: { 'content-type': type } }),
        'MEDIA_TYPE_UNSUPPORTED',
      )
    },
  )

  it('no body at all', async () => {
    await expectRefused(await agent.call('PUT', put), 'REQUEST_INVALID')
  })
})

describe('what the node refuses', () => {
  const deep = '['.repeat(65) + ']'.repeat(65)
  it.each<[what: string, text: string, code: ErrorCode]>([
    ['infinite', '{"value":1e999}', 'VALUE_INVALID'],
    ['nested too deeply', `{"value":${deep}}`, 'VALUE_INVALID'],
    ['nested beyond every stack', `{"value":${'['.repeat(500_000)}${']'.repeat(500_000)}}`, 'VALUE_INVALID'],
    ['with half a character', '{"value":"\\ud800"}', 'VALUE_INVALID'],
  ])('a value %s', async (_, text, code) => {
    await expectRefused(await agent.call('PUT', put, { text }), code)
  })

  it('a priority beyond 32 bits, a reason beyond 512 bytes', async () => {
    await expectRefused(await agent.call('PUT', put, { body: { value: 1, priority: 2 ** 31 } }), 'PRIORITY_INVALID')
    await expectRefused(await agent.call('DELETE', `${put}?priority=${2 ** 31}`), 'PRIORITY_INVALID')
    await expectRefused(
      await agent.call('PUT', put, { body: { value: 1, reason: 'ü'.repeat(257) } }),
      'REASON_TOO_LONG',
    )
  })

  it('a group that is none, or too large', async () => {
    const change = (parameter: string, value: unknown) => ({ section: 'a', parameter, value })
    const patch = (changes: object[]) => agent.call('PATCH', '/v1/config', { body: { changes } })
    await expectRefused(await patch([]), 'GROUP_INVALID')
    await expectRefused(await patch([change('b', 1), change('b', 2)]), 'GROUP_INVALID')
    const large = 'x'.repeat(1024 * 1000)
    await expectRefused(await patch([change('b', large), change('c', large), change('d', large)]), 'GROUP_TOO_LARGE')
  })
})

describe('over the limits', () => {
  it('a value of more than 1 MiB', async () => {
    await expectRefused(await agent.call('PUT', put, { body: { value: 'x'.repeat(1024 * 1024) } }), 'VALUE_TOO_LARGE')
  })

  it('a body of more than 4 MiB', async () => {
    await expectRefused(
      await agent.call('PUT', put, { body: { value: 'x'.repeat(4 * 1024 * 1024) } }),
      'REQUEST_TOO_LARGE',
    )
  })

  it('a body that hides its size behind chunks', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const answer = await agent.raw(
      `PUT ${put} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(80)}`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain('REQUEST_TOO_LARGE')
  })

  it('headers of more than 16 KiB', async () => {
    const answer = await agent.raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(answer).toContain('REQUEST_TOO_LARGE')
  })
})

describe('paths, methods and queries', () => {
  const calls: [method: string, path: string, code: ErrorCode][] = [
    ['GET', '/nope', 'ROUTE_UNKNOWN'],
    ['GET', '/v1/history/a', 'ROUTE_UNKNOWN'],
    ['GET', '/v1/history/held/nothing', 'PARAMETER_UNKNOWN'],
    ['GET', '/v1/history/a.b/nothing', 'NAME_INVALID'],
    ['GET', '/v1/history/a/b?limit=0', 'REQUEST_INVALID'],
    ['GET', '/v1/history/a/b?limit=10001', 'REQUEST_INVALID'],
    ['GET', '/v1/config/a/b/c', 'ROUTE_UNKNOWN'],
    ['GET', '/v1/config/nothing', 'PARAMETER_UNKNOWN'],
    ['GET', '/v1/config/held/nothing', 'PARAMETER_UNKNOWN'],
    ['GET', '/v1/config/%zz', 'REQUEST_INVALID'],
    ['GET', '/v1/config/%ff/x', 'REQUEST_INVALID'],
    ['GET', '/v1/config?sectoin=a', 'REQUEST_INVALID'],
    ['GET', '/v1/watch?section=a&section=b', 'REQUEST_INVALID'],
    ['GET', '/v1/conflicts?limit=0', 'REQUEST_INVALID'],
    ['GET', '/v1/conflicts?limit=1001', 'REQUEST_INVALID'],
    ['GET', '/v1/conflicts?limit=ten', 'REQUEST_INVALID'],
    ['DELETE', '/v1/config/a/b?priority=high', 'REQUEST_INVALID'],
  ]
  it.each(calls)('%s %s', async (method, path, code) => {
    await expectRefused(await agent.call(method, path), code)
  })

  it.each([
    ['POST', '/v1/config', 'GET, HEAD, PATCH'],
    ['DELETE', '/v1/config', 'GET, HEAD, PATCH'],
    ['POST', '/v1/config/a/b', 'GET, HEAD, PUT, DELETE'],
    ['POST', '/v1/history/a/b', 'GET, HEAD'],
    ['DELETE', '/v1/history/a/b/rollback', 'POST'],
    ['OPTIONS', '/v1/status', 'GET, HEAD'],
    ['PUT', '/metrics', 'GET, HEAD'],
    ['HEAD', '/v1/watch', 'GET'],
  ])('%s %s is told which methods there are', async (method, path, allow) => {
    const answer = await agent.call(method, path, method === 'HEAD' ? {} : { text: '{"not even' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allow)
    if (method !== 'HEAD') await expectRefused(answer, 'METHOD_NOT_ALLOWED')
  })

  it('a name that is none, on writing', async () => {
    const long = 'x'.repeat(129)
    for (const path of ['a.b/c', 'a/', '/b', `${long}/b`, `a/${long}`, 'a/%00', `a/${'%c3%bc'.repeat(65)}`])
      await expectRefused(await agent.call('PUT', `/v1/config/${path}`, { body: { value: 1 } }), 'NAME_INVALID')
  })

  it('grants nothing to pages of other origins', async () => {
    const answer = await agent.call('GET', '/v1/config', { headers: { origin: 'http://evil.example' } })
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('connections that misbehave', () => {
  const head = `PUT ${put} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n`

  it('a body that never ends is closed with REQUEST_TIMEOUT', async () => {
    const answer = await agent.raw(`${head}{"value":`)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT' })
    expect(sync.inspect('a', 'b')).toBeUndefined()
  })

  it('headers that never end, likewise', async () => {
    expect(await agent.raw('GET /v1/config HTTP/1.1\r\nHost: loc')).toMatch(/^HTTP\/1.1 408 /)
  })

  it('a sender that dies in the middle of its body changes nothing', async () => {
    const socket = connect(Number(new URL(agent.url).port), '127.0.0.1')
    await new Promise((resolve) => socket.write(`${head}{"value":1`, resolve))
    socket.destroy()
    expect((await agent.call('GET', '/healthz')).status).toBe(200)
    expect(sync.inspect('a', 'b')).toBeUndefined()
    expect(agent.logs).toEqual([])
  })

  it('an expectation that is none is refused with a code', async () => {
    const answer = await agent.raw('PUT /v1/config/a/b HTTP/1.1\r\nHost: localhost\r\nExpect: 200-ok\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('REQUEST_INVALID')
  })

  it('bytes that are no HTTP behind a whole write are answered after it, not instead of it', async () => {
    const body = '{"value":1}'
    const write = `PUT /v1/config/held/other HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const answer = await agent.raw(`${write}rubbish\r\n\r\n`)
    expect(answer.match(/HTTP\/1.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
    expect(sync.getAll()).toHaveProperty(['held', 'other'], 1)
  })

  it('bytes that are no HTTP behind a watch end it', async () => {
    const answer = await agent.raw('GET /v1/watch HTTP/1.1\r\nHost: localhost\r\n\r\nrubbish\r\n\r\n')
    expect(answer).not.toContain('HTTP/1.1 400')
  })

  it('bytes that are no HTTP', async () => {
    const answer = await agent.raw('\x16\x03\x01\x02 hello\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('REQUEST_INVALID')
  })
})

describe('trouble of our own', () => {
  it('answers INTERNAL without saying what it was, and logs it', async () => {
    sync.publishUpdate = () => Promise.reject(new TypeError('the secret of node 7'))
    const answer = await agent.call('PUT', put, { body: { value: 1 } })
    await expectRefused(answer, 'INTERNAL')
    expect(answer.text).not.toContain('secret')
    expect(agent.logs).toMatchObject([
      { event: 'http.failed', method: 'PUT', err: { message: 'the secret of node 7' } },
    ])
  })

  it('refuses writes while it stops, and goes on reading', async () => {
    agent.server.refuseWrites()
    await expectRefused(await agent.call('PUT', put, { body: { value: 1 } }), 'STOPPING')
    await expectRefused(await agent.call('DELETE', '/v1/config/held/value'), 'STOPPING')
    await expectRefused(await agent.call('PATCH', '/v1/config', { body: { changes: [] } }), 'STOPPING')
    expect((await agent.call('GET', '/v1/config')).body).toMatchObject({ held: { value: 'kept' } })
    expect((await agent.call('GET', '/readyz')).status).toBe(503)
    expect((await agent.call('GET', '/healthz')).status).toBe(200)
  })

  it('refuses a write whose body was still coming when the stop began', async () => {
    const body = '{"value":1}'
    const socket = connect(Number(new URL(agent.url).port), '127.0.0.1')
    const received = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())))
    const lines = [
      `PUT ${put} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      '',
      '',
    ]
    await new Promise((resolve) => socket.write(lines.join('\r\n') + body.slice(0, 4), resolve))
    await agent.call('GET', '/healthz')
    agent.server.refuseWrites()
    socket.write(body.slice(4))
    expect(await received).toContain('STOPPING')
    expect(sync.inspect('a', 'b')).toBeUndefined()
    socket.destroy()
  })
})
