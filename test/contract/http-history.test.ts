import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryNetwork } from '#mesh/memory'
import { ConfigSyncManager } from '#node/manager'
import { SqliteStore } from '#store/sqlite/index'
import { DataFolders } from '../support/data-folders.ts'
import { eventually } from '../support/eventually.ts'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

let network: MemoryNetwork
let agent: HttpAgent

beforeEach(async () => {
  network = new MemoryNetwork()
  agent = await new HttpAgent(createNode(network, 'node-1')).start()
})
afterEach(() => agent.close())

const put = (path: string, body: object, at = agent) => at.call('PUT', `/v1/config/${path}`, { body })
const history = (path: string) => agent.call('GET', `/v1/history/${path}`)
const rollback = (path: string, body: object) => agent.call('POST', `/v1/history/${path}/rollback`, { body })

describe('the history of a parameter', () => {
  it('is newest first, each change with what it replaced', async () => {
    const first = (await put('s/p', { value: 1, reason: 'first' })).body.update
    const second = (await put('s/p', { value: null })).body.update
    const third = (await agent.call('DELETE', '/v1/config/s/p')).body.update
    const { status, body } = await history('s/p')
    expect(status).toBe(200)
    expect(body).toMatchObject({ section: 's', parameter: 'p', total: 3 })
    const values = [
      { ...third, value: null, deleted: true },
      { ...second, value: null, deleted: false },
      { ...first, value: 1, deleted: false },
    ]
    expect(body.history.map((change: { update: object }) => change.update)).toEqual(values)
    expect(body.history.map((change: { superseded: object }) => change.superseded)).toEqual([
      [values[1]],
      [values[2]],
      [],
    ])
    expect(body.history[2]).toMatchObject({
      id: 'node-1:1',
      at: expect.any(Number),
      source: 'local',
      dropped: false,
      concurrent: [],
      winner: values[2],
      decidedBy: null,
      value: 1,
    })
  })

  it('holds as many as asked for, and says how many there are', async () => {
    for (let value = 1; value <= 5; value++) await put('s/p', { value })
    const { body } = await history('s/p?limit=2')
    expect([body.total, body.history.map((change: { value: number }) => change.value)]).toEqual([5, [5, 4]])
    await put('config_sync/history_per_parameter', { value: 0 })
    expect((await history('s/p')).body).toEqual({ section: 's', parameter: 'p', total: 0, history: [] })
  })

  it('is cut at some megabytes, but has the newest change', async () => {
    for (let i = 0; i < 9; i++) await put('s/p', { value: `${i}${'x'.repeat(1_000_000)}` })
    const { body, text } = await history('s/p')
    expect(text.length).toBeLessThan(9 * 1024 * 1024)
    expect(body.total).toBe(9)
    expect(body.history.map((change: { value: string }) => change.value[0])).toEqual(['8', '7'])
  })

  it('has what lost and by which rule', async () => {
    const other = await new HttpAgent(createNode(network, 'node-2')).start()
    await eventually('two members', async () => (await agent.call('GET', '/v1/nodes')).body.nodes.length === 2)
    network.partition(['node-1'], ['node-2'])
    await put('s/p', { value: 'high', priority: 2 })
    await put('s/p', { value: 'low', priority: 1 }, other)
    network.heal()
    await eventually(
      'both are there',
      async () => (await agent.call('GET', '/v1/config/s/p')).body.siblings.length === 2,
    )
    const [newest] = (await history('s/p')).body.history
    expect(newest).toMatchObject({
      id: 'node-2:1',
      value: 'high',
      update: { value: 'low' },
      concurrent: [{ value: 'high' }],
      winner: { value: 'high', nodeId: 'node-1' },
      decidedBy: 'priority',
    })
    expect(newest.explanation).toContain('priority 2 against 1')
    await other.close()
  })
})

describe('with a store on disk', () => {
  const folders = new DataFolders()
  afterEach(() => folders.remove())
  const node = (path: string, mesh = new MemoryNetwork()) =>
    new ConfigSyncManager({
      nodeId: 'node-s',
      cluster: 'test',
      mesh: mesh.mesh(),
      preset: 'test',
      store: new SqliteStore({ path }),
    })

  it('history and conflicts survive the process', async () => {
    const path = folders.path()
    const first = await new HttpAgent(node(path, network)).start()
    await eventually('two members', async () => (await first.call('GET', '/v1/nodes')).body.nodes.length === 2)
    network.partition(['node-1'], ['node-s'])
    await put('s/p', { value: 'high', priority: 2, reason: 'mine' })
    await put('s/p', { value: 'low', priority: 1 }, first)
    network.heal()
    await eventually(
      'both are there',
      async () => (await first.call('GET', '/v1/config/s/p')).body.siblings.length === 2,
    )
    await first.call('DELETE', '/v1/config/s/p')
    const asked = (at: HttpAgent) =>
      Promise.all(['/v1/history/s/p', '/v1/conflicts'].map(async (call) => (await at.call('GET', call)).body))
    const before = await asked(first)
    expect(before).toMatchObject([{ total: 3 }, { total: 1, conflicts: [{ decidedBy: 'priority' }] }])
    await first.close()
    const again = await new HttpAgent(node(path)).start()
    const [historyBefore, conflictsBefore] = before
    expect(await asked(again)).toEqual([historyBefore, { ...conflictsBefore, total: 0 }])
    const back = await again.call('POST', '/v1/history/s/p/rollback', { body: { to: -1 } })
    expect(back.body).toMatchObject({ value: 'high', update: { nodeId: 'node-s' } })
    await again.close()
  })
})

describe('rollback', () => {
  it('writes an old value again, or its deletion, and answers with the write', async () => {
    await put('s/p', { value: { old: true } })
    await agent.call('DELETE', '/v1/config/s/p')
    await put('s/p', { value: 'new' })
    const { status, body } = await rollback('s/p', { to: 'node-1:1' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ section: 's', parameter: 'p', value: { old: true }, deleted: false })
    expect(body.update).toMatchObject({ sequence: 4, reason: 'rollback to node-1:1' })
    expect((await agent.call('GET', '/v1/config/s/p')).body.value).toEqual({ old: true })
    const again = (await rollback('s/p', { to: -2, reason: 'mine', priority: 3 })).body
    expect(again).toMatchObject({ value: null, deleted: true, update: { reason: 'mine', priority: 3 } })
    expect((await rollback('s/p', { to: new Date().toISOString() })).body).toMatchObject({ deleted: true })
  })

  it.each([
    ['a change that is not remembered', { to: 'node-1:9' }, 404, 'HISTORY_UNKNOWN'],
    ['a body without a point', {}, 400, 'REQUEST_INVALID'],
    ['a misspelt field', { to: -1, raeson: 'x' }, 400, 'REQUEST_INVALID'],
    ['a point that is none', { to: { origin: 'node-1' } }, 400, 'REQUEST_INVALID'],
    ['a priority out of its bounds', { to: 'node-1:1', priority: 2 ** 40 }, 422, 'PRIORITY_INVALID'],
    ['a long reason', { to: 'node-1:1', reason: 'x'.repeat(513) }, 422, 'REASON_TOO_LONG'],
  ])('refuses %s', async (_, body, status, code) => {
    await put('s/p', { value: 1 })
    const answer = await rollback('s/p', body)
    expect(answer.body).toMatchObject({ status, code })
    expect((await history('s/p')).body.total).toBe(1)
  })
})
