import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigSync } from '#node/api'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

let sync: ConfigSync
let agent: HttpAgent

beforeEach(async () => {
  sync = createNode()
  agent = await new HttpAgent(sync).start()
})
afterEach(() => agent.close())

const put = (path: string, body: unknown) => agent.call('PUT', `/v1/config/${path}`, { body })

describe('writing and reading', () => {
  it('answers a PUT with the write, and reads it back with what is behind it', async () => {
    const written = await put('mesh/batch', { value: 15, priority: 2, reason: 'load test' })
    expect(written.status).toBe(200)
    expect(written.body).toMatchObject({ section: 'mesh', parameter: 'batch', value: 15, deleted: false })
    const { update } = written.body
    expect(update).toMatchObject({ nodeId: 'node-1', sequence: 1, priority: 2, reason: 'load test' })
    expect(update.versionVector).toEqual({ [update.origin]: 1 })
    expect(update.timestamp).toHaveLength(2)

    const read = await agent.call('GET', '/v1/config/mesh/batch')
    expect(read.status).toBe(200)
    expect(read.body).toEqual({
      section: 'mesh',
      parameter: 'batch',
      value: 15,
      deleted: false,
      source: 'resolved',
      update,
      siblings: [{ ...update, value: 15, deleted: false }],
    })
  })

  it('keeps every kind of JSON value, null and odd keys included', async () => {
    const values = [
      null,
      true,
      -1.5,
      '',
      'ü€𝄞',
      [],
      [1, [2]],
      {},
      { constructor: 1, a: { b: null } },
      JSON.parse('{"__proto__":{"x":1}}'),
    ]
    for (const [i, value] of values.entries()) {
      const { status, text } = await agent.call('PUT', `/v1/config/kinds/p${i}`, {
        text: `{"value":${JSON.stringify(value)}}`,
      })
      expect(status, text).toBe(200)
      const read = await agent.call('GET', `/v1/config/kinds/p${i}`)
      expect(JSON.stringify(read.body.value)).toBe(JSON.stringify(value))
    }
  })

  it('decodes names in the path', async () => {
    await put(`${encodeURIComponent('ü ?#')}/${encodeURIComponent('a/b.c%')}`, { value: 1 })
    expect((await agent.call('GET', '/v1/config')).body['ü ?#']).toEqual({ 'a/b.c%': 1 })
  })

  it('nests effective values by section', async () => {
    await put('alpha/one', { value: 1 })
    await put('beta/two', { value: { deep: [2] } })
    expect((await agent.call('GET', '/v1/config')).body).toMatchObject({
      alpha: { one: 1 },
      beta: { two: { deep: [2] } },
    })
    expect((await agent.call('GET', '/v1/config/beta')).body).toEqual({ two: { deep: [2] } })
  })

  it('takes a value of exactly 1 MiB, where its MessagePack is larger than its JSON', async () => {
    const value = 'x'.repeat(1024 * 1024 - 5)
    expect((await put('big/value', { value })).status).toBe(200)
    expect(sync.get('big', 'value')).toBe(value)
    expect((await put('big/value', { value: `${value}x` })).status).toBe(413)
  })

  it('accepts a value whose JSON is written with escapes three times its size', async () => {
    const escaped = `"${'\\u00fc'.repeat(500_000)}"`
    expect((await agent.call('PUT', '/v1/config/big/escaped', { text: `{"value":${escaped}}` })).status).toBe(200)
    expect(sync.get('big', 'escaped')).toBe('ü'.repeat(500_000))
  })
})

describe('deleting', () => {
  it('answers with the write and keeps telling who deleted it', async () => {
    await put('mesh/batch', { value: 15 })
    const deleted = await agent.call('DELETE', '/v1/config/mesh/batch?reason=unused&priority=-1')
    expect(deleted.status).toBe(200)
    expect(deleted.body).toMatchObject({
      value: null,
      deleted: true,
      update: { sequence: 2, priority: -1, reason: 'unused' },
    })
    const read = await agent.call('GET', '/v1/config/mesh/batch')
    expect(read.body).toMatchObject({ value: null, deleted: true, update: { sequence: 2 } })
    expect((await agent.call('GET', '/v1/config')).body['mesh']?.batch).toBeUndefined()
  })

  it('works with a JSON content type and no body, as some clients send it', async () => {
    await put('mesh/batch', { value: 15 })
    const { status } = await agent.call('DELETE', '/v1/config/mesh/batch', {
      headers: { 'content-type': 'application/json' },
    })
    expect(status).toBe(200)
  })

  it('refuses a body instead of ignoring what it says', async () => {
    await put('mesh/batch', { value: 15 })
    const { status, body } = await agent.call('DELETE', '/v1/config/mesh/batch', { body: { reason: 'x' } })
    expect([status, body.code]).toEqual([400, 'REQUEST_INVALID'])
    expect(sync.get('mesh', 'batch')).toBe(15)
  })
})

describe('several at once', () => {
  it('writes all in one step, deletes included', async () => {
    await put('a/old', { value: 1 })
    const watch = agent.watch()
    await expect.poll(() => watch.has('ready')).toBe(true)
    const { status, body } = await agent.call('PATCH', '/v1/config', {
      body: {
        changes: [
          { section: 'a', parameter: 'x', value: null, reason: 'why' },
          { section: 'a', parameter: 'old', deleted: true },
        ],
      },
    })
    expect(status).toBe(200)
    expect(body.updates.map((one: { parameter: string; deleted: boolean }) => [one.parameter, one.deleted])).toEqual([
      ['x', false],
      ['old', true],
    ])
    await expect.poll(() => watch.changes().length).toBe(1)
    expect(watch.changes()[0]!.data.changes).toHaveLength(2)
    await watch.close()
  })

  it('writes nothing when one of them is refused', async () => {
    const changes = [
      { section: 'a', parameter: 'x', value: 1 },
      { section: 'a.b', parameter: 'y', value: 1 },
    ]
    const { status, body } = await agent.call('PATCH', '/v1/config', { body: { changes } })
    expect([status, body.code]).toEqual([422, 'NAME_INVALID'])
    expect(sync.get('a', 'x')).toBeUndefined()
  })
})
