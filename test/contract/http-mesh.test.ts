import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NodeAnswer } from '#cli/answers'
import { MemoryNetwork } from '#mesh/memory'
import { eventually } from '../support/eventually.ts'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

let network: MemoryNetwork
let a: HttpAgent
let b: HttpAgent

const start = (nodeId: string) => new HttpAgent(createNode(network, nodeId)).start()

beforeEach(async () => {
  network = new MemoryNetwork()
  ;[a, b] = await Promise.all([start('node-a'), start('node-b')])
  for (const agent of [a, b]) await eventually('two members', async () => (await nodesOf(agent)).length === 2)
})
afterEach(() => Promise.all([a.close(), b.close()]))

const nodesOf = async (agent: HttpAgent) => (await agent.call('GET', '/v1/nodes')).body.nodes
const put = (agent: HttpAgent, path: string, body: object) => agent.call('PUT', `/v1/config/${path}`, { body })
const read = async (agent: HttpAgent, path: string) => (await agent.call('GET', `/v1/config/${path}`)).body

/** Two writes that do not know of each other. */
async function conflict(path: string, first: object, second: object): Promise<void> {
  network.partition(['node-a'], ['node-b'])
  await put(a, path, first)
  await put(b, path, second)
  network.heal()
  for (const agent of [a, b])
    await eventually('both writes are there', async () => (await read(agent, path)).siblings?.length === 2)
}

describe('several agents of one mesh', () => {
  it('answer the same, whoever was asked to write', async () => {
    await put(a, 'mesh/x', { value: 1, reason: 'first' })
    await eventually('b has it', async () => (await read(b, 'mesh/x')).value === 1)
    expect(await read(b, 'mesh/x')).toEqual(await read(a, 'mesh/x'))
    await put(b, 'mesh/x', { value: 2 })
    await eventually('a has it', async () => (await read(a, 'mesh/x')).value === 2)
    const { update, siblings } = await read(a, 'mesh/x')
    expect(siblings).toHaveLength(1)
    expect(Object.keys(update.versionVector)).toHaveLength(2)
  })

  it('tell a watch what another node wrote, in one piece', async () => {
    const watch = b.watch('?section=mesh')
    await eventually('the watch is open', () => watch.has('ready'))
    const change = (parameter: string, value: unknown) => ({ section: 'mesh', parameter, value })
    await a.call('PATCH', '/v1/config', { body: { changes: [change('x', 1), change('y', 2)] } })
    await eventually('a change', () => watch.changes().length === 1)
    expect(watch.changes()[0]!.data.changes).toMatchObject([
      { parameter: 'x', value: 1, previous: null, update: { nodeId: 'node-a' } },
      { parameter: 'y', value: 2, previous: null, update: { nodeId: 'node-a' } },
    ])
    await watch.close()
  })

  it('show a conflict, what decided it, and that the next write ends it', async () => {
    await conflict('mesh/x', { value: 'low', priority: 1 }, { value: 'high', priority: 2 })
    for (const agent of [a, b]) {
      const view = await read(agent, 'mesh/x')
      expect(view).toMatchObject({ value: 'high', update: { nodeId: 'node-b', priority: 2 } })
      expect(view.siblings.map((one: { value: string }) => one.value).toSorted()).toEqual(['high', 'low'])
      const { total, conflicts } = (await agent.call('GET', '/v1/conflicts')).body
      expect(total).toBe(1)
      expect(conflicts).toMatchObject([
        {
          section: 'mesh',
          parameter: 'x',
          decidedBy: 'priority',
          winner: { value: 'high' },
          losers: [{ value: 'low' }],
        },
      ])
      expect(conflicts[0].explanation).toContain('node-b')
      expect((await agent.call('GET', '/metrics')).text).toContain('\nconfigsync_conflicts_total 1\n')
    }
    await put(a, 'mesh/x', { value: 'settled' })
    await eventually('b has it', async () => (await read(b, 'mesh/x')).value === 'settled')
    expect((await read(b, 'mesh/x')).siblings).toHaveLength(1)
  })

  it('list the newest conflicts first, as many as asked for', async () => {
    await conflict('mesh/one', { value: 1 }, { value: 2 })
    await conflict('mesh/two', { value: 1 }, { value: 2 })
    const { total, conflicts } = (await a.call('GET', '/v1/conflicts?limit=1')).body
    expect([total, conflicts.length, conflicts[0].parameter]).toEqual([2, 1, 'two'])
  })

  it('list who has seen what, and one coordinator', async () => {
    await put(a, 'mesh/x', { value: 1 })
    const vectorsOf = async (agent: HttpAgent) => (await agent.call('GET', '/v1/version-vectors')).body.vectors
    await eventually('all are in step', async () => {
      const vectors = [...(await vectorsOf(a)), ...(await vectorsOf(b))]
      return vectors.length === 4 && vectors.every(({ inStep }) => inStep === true)
    })
    const vectors = [...(await vectorsOf(a)), ...(await vectorsOf(b))]
    expect(new Set(vectors.map(({ versionVector }) => JSON.stringify(versionVector))).size).toBe(1)
    await eventually('one coordinates', async () => {
      const statuses = [(await a.call('GET', '/v1/status')).body, (await b.call('GET', '/v1/status')).body]
      return statuses.every(({ coordinator }) => coordinator === 'node-a')
    })
  })

  it('measure how long updates of others took', async () => {
    await eventually('b is ready', async () => (await b.call('GET', '/readyz')).status === 200)
    const offsetKnown = async () => (await nodesOf(b)).every(({ clockOffsetMs }: NodeAnswer) => clockOffsetMs !== null)
    await eventually('b knows how the clock of a goes, without which it measures nothing', offsetKnown)
    await put(a, 'mesh/x', { value: 1 })
    await eventually('b has it', async () => (await read(b, 'mesh/x')).value === 1)
    // Under load components, the metrics among them, are told a little later.
    const scraped = async () => (await b.call('GET', '/metrics')).text
    await eventually('it is counted', async () => (await scraped()).includes('_updates_total{origin="remote"} 1\n'))
    expect(await scraped()).toMatch(/\nconfigsync_propagation_seconds_count 1\n/)
  })
})
