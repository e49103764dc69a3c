import { afterEach, describe, expect, it } from 'vitest'
import { MemoryNetwork } from '#mesh/memory'
import type { ConfigSync } from '#node/api'
import { eventually } from '../support/eventually.ts'
import { HttpAgent, type WatchClient } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

let network: MemoryNetwork
let sync: ConfigSync
let agent: HttpAgent
const others: ConfigSync[] = []
const streams: WatchClient[] = []

async function start(options: ConstructorParameters<typeof HttpAgent>[1] = {}): Promise<void> {
  network = new MemoryNetwork()
  sync = createNode(network)
  agent = await new HttpAgent(sync, options).start()
}

async function join(nodeId: string): Promise<ConfigSync> {
  const other = createNode(network, nodeId)
  others.push(other)
  await other.start()
  await eventually(`${nodeId} is seen`, () => sync.status().members.length === others.length + 1)
  return other
}

async function follow(query = '', lastEventId?: string): Promise<WatchClient> {
  const client = agent.events(query, lastEventId)
  streams.push(client)
  await eventually('the stream is open', () => client.has('ready'))
  return client
}

const of = (client: WatchClient, event: string) => client.events.filter((one) => one.event === event)
const numbered = (client: WatchClient) => client.events.filter(({ event }) => event !== 'nodes')

afterEach(async () => {
  await agent.close()
  await Promise.all(streams.splice(0).map((client) => client.close()))
  await Promise.all(others.splice(0).map((other) => other.stop()))
})

describe('the events of an agent', () => {
  it('tell a change with what stands now behind it', async () => {
    await start()
    const client = await follow()
    await sync.publishUpdate('pool', 'size', 8, { reason: 'load' })
    await eventually('the change', () => client.has('change'))
    const { revision, source, changes } = of(client, 'change')[0]!.data
    expect([revision, source]).toEqual([sync.status().revision, 'local'])
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({ section: 'pool', parameter: 'size', value: 8, previous: null })
    expect(changes[0].now).toEqual((await agent.call('GET', '/v1/config/pool/size')).body)
  })

  it('tell who comes and goes, who coordinates, and what each member has seen by now', async () => {
    await start()
    const client = await follow()
    const other = await join('node-2')
    await eventually('it joined', () => of(client, 'member').some(({ data }) => data.state === 'joined'))
    await eventually('somebody coordinates', () => client.has('coordinator'))
    const { origin, sequence } = await sync.publishUpdate('a', 'x', 1)
    const shown = () =>
      of(client, 'nodes')
        .flatMap(({ data }) => data.nodes)
        .some((node) => node.nodeId === 'node-2' && (node.versionVector?.[origin] ?? 0) >= sequence)
    await eventually('node-2 has shown the write', shown)
    await other.stop()
    await eventually('it left', () => of(client, 'member').some(({ data }) => data.state === 'left'))
    const { departed } = (await agent.call('GET', '/v1/nodes')).body
    expect(departed).toEqual([{ nodeId: 'node-2', state: 'left', at: expect.any(Number) }])
  })

  it('tell conflicts as they are listed', async () => {
    await start()
    const other = await join('node-2')
    const client = await follow()
    network.partition(['node-1'], ['node-2'])
    await sync.publishUpdate('a', 'x', 1)
    await other.publishUpdate('a', 'x', 2)
    network.heal()
    await eventually('the conflict', () => client.has('conflict'))
    expect(of(client, 'conflict')[0]!.data).toEqual((await agent.call('GET', '/v1/conflicts')).body.conflicts[0])
  })

  it('tell log lines of a level and above', async () => {
    await start()
    const [all, warnings] = [await follow('?log=debug'), await follow('?log=warn')]
    agent.logger.info({ event: 'test.quiet' }, 'quiet')
    agent.logger.warn({ event: 'test.loud' }, 'loud')
    await eventually('the warning', () => warnings.has('log') && of(all, 'log').length === 2)
    expect(of(all, 'log').map(({ data }) => [data.level, data.event])).toEqual([
      ['info', 'test.quiet'],
      ['warn', 'test.loud'],
    ])
    expect(of(warnings, 'log').map(({ data }) => data.event)).toEqual(['test.loud'])
  })

  it('tell what the tuner does', async () => {
    await start()
    const client = await follow()
    agent.tuner.stop()
    await eventually('its mode', () => of(client, 'tuner').some(({ data }) => data.kind === 'mode'))
  })
})

describe('a stream of events', () => {
  it('resumes where it was, with every event once', async () => {
    await start()
    const first = await follow()
    await sync.publishUpdate('a', 'x', 1)
    await eventually('one change', () => of(first, 'change').length === 1)
    const { id } = of(first, 'change')[0]!
    await first.close()
    await sync.publishUpdate('a', 'x', 2)
    await sync.publishUpdate('a', 'x', 3)
    const second = await follow('', id)
    expect(numbered(second).map(({ event }) => event)).toEqual(['change', 'change', 'ready'])
    expect(of(second, 'change').map(({ data }) => data.changes[0].update.sequence)).toEqual([2, 3])
  })

  it.each(['none', 'other-run:3', '0123456789abcdef:1', 'x:y:z'])(
    'is reset when it cannot go on from %j',
    async (id) => {
      await start()
      await sync.publishUpdate('a', 'x', 1)
      const client = await follow('', id)
      expect(numbered(client).map(({ event }) => event)).toEqual(['reset', 'ready'])
      expect(numbered(client)[0]!.data).toEqual({ revision: expect.any(Number) })
    },
  )

  it('begins with as much of the past as is asked for', async () => {
    await start()
    for (let value = 1; value <= 5; value++) await sync.publishUpdate('a', 'x', value)
    const changes = (client: WatchClient) => of(client, 'change').map(({ data }) => data.changes[0].update.sequence)
    expect(changes(await follow('?log=silent'))).toEqual([])
    expect(changes(await follow('?log=silent&past=2'))).toEqual([4, 5])
    expect(changes(await follow('?log=silent&past=4096'))).toEqual([1, 2, 3, 4, 5])
  })

  it('counts among the streams that may be open', async () => {
    await start({ watch: { streamsMax: 1 } })
    await follow()
    expect((await agent.call('GET', '/v1/watch')).body.code).toBe('WATCH_LIMIT')
    expect((await agent.call('GET', '/v1/events')).body.code).toBe('WATCH_LIMIT')
  })

  it.each(['?log=loud', '?past=0', '?past=4097', '?past=x', '?section=a'])('refuses %s', async (query) => {
    await start()
    expect((await agent.call('GET', `/v1/events${query}`)).body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  })
})

describe('how soon changes are everywhere', () => {
  it('is measured until every live member has shown each', async () => {
    await start()
    const view = async () => (await agent.call('GET', '/v1/propagation')).body
    await sync.publishUpdate('a', 'alone', 1)
    expect(await view()).toMatchObject({ changes: 0, waiting: 0, boundMs: null, p50Ms: null, minutes: [] })
    const other = await join('node-2')
    for (let value = 1; value <= 3; value++) await sync.publishUpdate('a', 'x', value)
    await other.publishUpdate('a', 'y', 1)
    await eventually('all are measured', async () => (await view()).changes === 4)
    const { boundMs, p50Ms, p99Ms, minutes, waiting } = await view()
    expect(waiting).toBe(0)
    expect(p50Ms).toBeGreaterThanOrEqual(0)
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
    expect(boundMs).toBeGreaterThanOrEqual(p99Ms)
    expect(minutes).toEqual([{ at: expect.any(Number), changes: 4, p50Ms, boundMs }])
  })

  it('says what waits for a member that is cut off, and does not wait for one that is gone', async () => {
    await start()
    await join('node-2')
    network.partition(['node-1'], ['node-2'])
    await sync.publishUpdate('a', 'x', 1)
    const view = async () => (await agent.call('GET', '/v1/propagation')).body
    const { waiting, oldestWaitingMs } = await view()
    expect(waiting).toBe(1)
    expect(oldestWaitingMs).toBeGreaterThan(0)
    await eventually('node-2 is gone', () => sync.status().members.length === 1)
    expect(await view()).toMatchObject({ changes: 0, waiting: 0 })
  })
})

describe('the list of parameters', () => {
  it('has everything that was set, in pages that fit together, each as it is told by itself', async () => {
    await start()
    for (const parameter of ['b', 'a', 'c.d', 'e']) await sync.publishUpdate('pool', parameter, parameter)
    await sync.deleteParameter('pool', 'e')
    const all = (await agent.call('GET', '/v1/parameters')).body
    const mine = all.parameters.filter(({ section }: { section: string }) => section === 'pool')
    expect(mine.map(({ parameter }: { parameter: string }) => parameter)).toEqual(['a', 'b', 'c.d', 'e'])
    expect(mine[3]).toMatchObject({ deleted: true, value: null })
    expect(mine[2]).toEqual((await agent.call('GET', '/v1/config/pool/c.d')).body)
    expect([all.total, all.next]).toEqual([all.parameters.length, null])
    const paged: unknown[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: { parameters: unknown[]; next: string | null } = (
        await agent.call('GET', `/v1/parameters?limit=3${after && `&after=${after}`}`)
      ).body
      expect(page.parameters.length).toBeLessThanOrEqual(3)
      paged.push(...page.parameters)
      after = page.next
    }
    expect(paged).toEqual(all.parameters)
  })

  it.each(['?limit=0', '?limit=10001', '?before=a'])('refuses %s', async (query) => {
    await start()
    expect((await agent.call('GET', `/v1/parameters${query}`)).body.code).toBe('REQUEST_INVALID')
  })
})
