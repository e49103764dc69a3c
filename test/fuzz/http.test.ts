import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '#core/errors'
import type { ConfigSync } from '#node/api'
import { eventually } from '../support/eventually.ts'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'
import { explore } from './exploration.ts'
import { answersTo, type RawAnswer } from './http-answers.ts'
import { bytesOf, hostileRequest } from './http-requests.ts'

let sync: ConfigSync
let agent: HttpAgent

beforeEach(async () => {
  sync = createNode()
  agent = await new HttpAgent(sync, { requestMsMax: 1_000 }).start()
  // Until then /readyz rightly says 503.
  await eventually('the agent is ready', () => sync.status().ready)
})
afterEach(() => agent.close())

/** A success, or a problem document with a known code whose status is that code's, and no fault of the agent's own. */
function expectKnown({ status, contentType, body }: RawAnswer): void {
  if (status < 300) return
  expect(status, body).toBeGreaterThanOrEqual(400)
  expect(status, body).toBeLessThan(500)
  expect(contentType).toMatch(/^application\/problem\+json/)
  if (body === '') return
  const { code, hint, detail, type } = JSON.parse(body) as Record<string, string>
  const known = ERROR_CODES[code as ErrorCode]
  expect({ status, hint, type }).toEqual({ status: known.http, hint: known.hint, type: `urn:configsync:error:${code}` })
  expect(detail).toBeTruthy()
  expect(body).not.toMatch(/node_modules|\.ts:\d|at \w+ \(/)
}

/** Updates that were answered as written. */
function writtenIn({ status, body }: RawAnswer): number {
  if (status !== 200 || !body.startsWith('{')) return 0
  const answer = JSON.parse(body) as { update?: object | null; updates?: object[]; siblings?: object[] }
  if (answer.siblings !== undefined) return 0
  return Array.isArray(answer.updates) ? answer.updates.length : answer.update ? 1 : 0
}

describe('the HTTP API', () => {
  it('answers any request with a success or a coded problem, and changes exactly what it says it changed', async () => {
    const requests = fc.array(hostileRequest, { minLength: 1, maxLength: 3 })
    await explore(
      'HTTP requests',
      fc.asyncProperty(requests, async (list) => {
        const before = sync.status().appliedUpdates
        const answers = await answersTo(agent.url, Buffer.concat(list.map(bytesOf)))
        answers.forEach(expectKnown)
        const written = answers.reduce((sum, answer) => sum + writtenIn(answer), 0)
        expect(sync.status().appliedUpdates - before, JSON.stringify(answers)).toBe(written)
        expect(agent.logs).toEqual([])
      }),
      1_000,
    )
    expect((await agent.call('GET', '/healthz')).status).toBe(200)
    expect(Object.getPrototypeOf({})).not.toHaveProperty('admin')
  })

  it('answers bytes that were never a request, and goes on', async () => {
    await explore(
      'bytes on the HTTP port',
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const answers = await answersTo(agent.url, bytes)
        answers.forEach(expectKnown)
        expect(agent.logs).toEqual([])
      }),
      300,
    )
  })

  it('serves others at once while hundreds send bodies that never end', async () => {
    const { port } = new URL(agent.url)
    const head = 'PUT /v1/config/a/b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    const endless = [
      `${head}Content-Length: 4000000\r\n\r\n{"value":"`,
      `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n`,
    ]
    const sockets: Socket[] = []
    for (let i = 0; i < 300; i++) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => {}).resume()
      socket.write(endless[i % 2]!)
      sockets.push(socket)
    }
    for (let i = 0; i < 20; i++)
      expect((await agent.call('PUT', '/v1/config/mesh/value', { body: { value: i } })).status).toBe(200)
    await eventually('all of them are cut off', () => sockets.every((socket) => socket.destroyed), 15_000)
    expect(sync.inspect('a', 'b')).toBeUndefined()
    expect(agent.logs).toEqual([])
  })
})
