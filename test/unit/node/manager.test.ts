import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { MemoryNetwork } from '#mesh/memory'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import type { ChangeEvent } from '#node/types'
import { MemoryStore } from '#store/memory'
import { coded } from '../../support/coded.ts'
import { VirtualMesh } from '../../support/virtual-mesh.ts'

const H = 1_000

const meshOf = (
  nodes: number,
  options: Partial<ConstructorParameters<typeof VirtualMesh>[0]> = {},
): Promise<VirtualMesh> => new VirtualMesh({ nodes, seed: 1, ...options }).start()

const valuesIn = (events: readonly ChangeEvent[]): unknown[] =>
  events.flatMap(({ changes }) => changes.map(({ section, parameter: name, value }) => [`${section}.${name}`, value]))

describe('reading and writing', () => {
  const parameters = defineParameters({
    pool: { size: parameter(z.number().int().min(1), { default: 4 }), label: parameter(z.string().trim()) },
  })

  it('get is typed by the declarations and gives defaults until something is written', async () => {
    const node = new ConfigSyncManager({ nodeId: 'n', mesh: new MemoryNetwork().mesh(), parameters })
    const size = node.get('pool', 'size')
    expectTypeOf(size).toEqualTypeOf<number>()
    expectTypeOf(node.get('pool', 'label')).toEqualTypeOf<string | undefined>()
    expect([size, node.get('pool', 'label')]).toEqual([4, undefined])
    await node.start()
    await node.publishUpdate('pool', 'label', '  big ')
    expect(node.get('pool', 'label')).toBe('big')
    // @ts-expect-error the compiler refuses it, and so does the schema
    await expect(node.publishUpdate('pool', 'size', 'many')).rejects.toThrow(coded('VALUE_INVALID', /pool\.size/))
    await expect(node.publishUpdate('pool', 'size', 0)).rejects.toThrow(coded('VALUE_INVALID', /pool\.size/))
    expect(node.get('pool', 'size')).toBe(4)
    await node.stop()
  })

  it('a write is everywhere after one hop, with who wrote it, when and why', async () => {
    const mesh = await meshOf(3)
    mesh.run(10)
    const update = await mesh.nodes[1]!.publishUpdate('s', 'p', { a: [1] }, { priority: 2, reason: 'load test' })
    mesh.run(10)
    for (const node of mesh.nodes) {
      expect(node.get('s', 'p')).toEqual({ a: [1] })
      expect(node.inspect('s', 'p')).toMatchObject({ source: 'resolved', update })
      expect(node.getVersionVector()).toEqual({ [update.origin]: 1 })
      expect(node.getAll()['s']).toEqual({ p: { a: [1] } })
    }
    expect(update).toMatchObject({ nodeId: 'node-002', sequence: 1, priority: 2, reason: 'load test', deleted: false })
    await mesh.nodes[0]!.deleteParameter('s', 'p')
    mesh.run(10)
    expect(mesh.nodes.map((node) => [node.get('s', 'p'), node.inspect('s', 'p')?.deleted])).toEqual(
      mesh.nodes.map(() => [undefined, true]),
    )
  })

  it('several changes are all or nothing, and one event', async () => {
    const mesh = await meshOf(2)
    const events: ChangeEvent[] = []
    mesh.run(10)
    mesh.nodes[1]!.on('change', (event) => events.push(event))
    const change = (name: string, value: number) => ({ section: 's', parameter: name, value })
    await mesh.nodes[0]!.publishUpdates([change('a', 1), change('b', 2)])
    mesh.run(10)
    expect(events).toHaveLength(1)
    expect(valuesIn(events)).toEqual([
      ['s.a', 1],
      ['s.b', 2],
    ])
    const twice = mesh.nodes[0]!.publishUpdates([change('a', 3), change('a', 4)])
    await expect(twice).rejects.toThrow(coded('GROUP_INVALID', /s\.a/))
    const bad = mesh.nodes[0]!.publishUpdates([change('a', 5), change('b', Number.NaN)])
    await expect(bad).rejects.toThrow(coded('VALUE_INVALID', /s\.b/))
    const large = ['a', 'b'].map((name) => ({ section: 's', parameter: name, value: 'x'.repeat(900_000) }))
    await expect(mesh.nodes[0]!.publishUpdates(large)).rejects.toThrow(coded('GROUP_TOO_LARGE', /2 changes/))
    expect(mesh.nodes[0]!.get('s', 'a')).toBe(1)
  })

  it('a write made by a listener of a write does not take its place', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    let echo: Promise<unknown> | undefined
    node!.on('change', ({ changes }) => {
      if (changes[0]?.parameter === 'a') echo = node!.publishUpdate('s', 'b', 2)
    })
    expect(await node!.publishUpdate('s', 'a', 1)).toMatchObject({ parameter: 'a', sequence: 1 })
    expect(await echo).toMatchObject({ parameter: 'b', sequence: 2 })
  })

  it('a write whose storing failed stands, and says so', async () => {
    const store = new MemoryStore()
    const mesh = await meshOf(2, { node: (index) => (index === 0 ? { store } : {}) })
    mesh.run(10)
    store.commit = () => Promise.reject(new Error('disk full'))
    const write = mesh.nodes[0]!.publishUpdate('s', 'p', 1)
    await expect(write).rejects.toThrow(coded('STORE_FAILED', /disk full/))
    mesh.run(10)
    expect(mesh.has('s', 'p', 1)).toBe(true)
  })

  it.each([
    ['NAME_INVALID', 'n'.repeat(129), 'p', 1, {}],
    ['NAME_INVALID', 's', 'é'.repeat(65), 1, {}],
    ['NAME_INVALID', 's.t', 'p', 1, {}],
    ['VALUE_TOO_LARGE', 's', 'p', 'x'.repeat(1024 * 1024), {}],
    ['VALUE_INVALID', 's', 'p', Number.POSITIVE_INFINITY, {}],
    ['PRIORITY_INVALID', 's', 'p', 1, { priority: 2 ** 31 }],
    ['REASON_TOO_LONG', 's', 'p', 1, { reason: 'r'.repeat(513) }],
  ] as const)('%s: what is over a limit changes nothing', async (code, section, name, value, options) => {
    const mesh = await meshOf(1)
    const write = mesh.nodes[0]!.publishUpdate(section, name, value, options)
    await expect(write).rejects.toThrow(coded(code, /./))
    expect(mesh.nodes[0]!.getVersionVector()).toEqual({})
  })

  it('what is at a limit is taken, and travels', async () => {
    const mesh = await meshOf(2)
    mesh.run(10)
    const [section, name, value] = ['n'.repeat(128), 'é'.repeat(64), 'x'.repeat(1024 * 1024 - 5)]
    await mesh.nodes[0]!.publishUpdate(section, name, value, { priority: 2 ** 31 - 1, reason: 'r'.repeat(512) })
    mesh.run(10)
    expect(mesh.nodes[1]!.get(section, name)).toBe(value)
  })
})

describe('watching', () => {
  it('gives the changes that were asked for, and ends with its signal', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    const controller = new AbortController()
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const event of node!.watch({ section: 's', signal: controller.signal }))
        seen.push(...valuesIn([event]))
    })()
    await node!.publishUpdate('s', 'p', 1)
    await node!.publishUpdate('other', 'p', 2)
    await node!.publishUpdate('s', 'q', 3)
    controller.abort()
    await reading
    expect(seen).toEqual([
      ['s.p', 1],
      ['s.q', 3],
    ])
  })

  it('ends when the node stops, after what was queued', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    const stream = node!.watch({ section: 's', parameter: 'p' })
    await node!.publishUpdate('s', 'p', 1)
    await node!.stop()
    expect((await stream.next()).value.changes[0].value).toBe(1)
    expect(await stream.next()).toEqual({ value: undefined, done: true })
  })

  it('a slow reader gets the latest values in bounded memory, not all of them', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    const stream = node!.watch()
    for (let n = 0; n < 5_000; n++) await node!.publishUpdate('s', `p${n % 2}`, n)
    await node!.stop()
    const events: ChangeEvent[] = []
    for await (const event of stream) events.push(event)
    expect(events.length).toBeLessThanOrEqual(1_024)
    expect(Object.fromEntries(valuesIn(events) as [string, number][])).toEqual({ 's.p0': 4_998, 's.p1': 4_999 })
    expect(events.at(-1)!.revision).toBe(5_000)
  })
})

describe('events', () => {
  it('come in the order of revisions to every listener, whatever a listener does', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    node!.on('change', ({ changes }) => {
      if (changes[0]!.value === 1) void node!.publishUpdate('s', 'p', 2)
    })
    const revisions: number[] = []
    node!.on('change', ({ revision }) => revisions.push(revision))
    await node!.publishUpdate('s', 'p', 1)
    expect(revisions).toEqual([1, 2])
  })

  it('a listener that throws disturbs neither the others nor the node, and is reported', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    const errors: string[] = []
    let heard = 0
    node!.on('error', ({ code }) => errors.push(code))
    node!.on('change', () => {
      throw new Error('mine')
    })
    const off = node!.on('change', () => heard++)
    await node!.publishUpdate('s', 'p', 1)
    off()
    await node!.publishUpdate('s', 'p', 2)
    expect([heard, errors, node!.get('s', 'p')]).toEqual([1, ['LISTENER_FAILED', 'LISTENER_FAILED'], 2])
  })

  it('conflicts are kept, the newest first, with who won and by which rule', async () => {
    const mesh = await meshOf(2)
    mesh.run(10)
    const [first, second] = mesh.nodes
    for (const name of ['p', 'q']) {
      mesh.network.partition([first!.nodeId])
      await first!.publishUpdate('s', name, 'first', { priority: 1 })
      await second!.publishUpdate('s', name, 'second')
      mesh.network.heal()
      mesh.until('both are equal', 3 * H, () => mesh.equal)
    }
    for (const node of mesh.nodes) {
      expect(node.status().conflicts).toBe(2)
      expect(node.conflicts().map((conflict) => conflict.parameter)).toEqual(['q', 'p'])
      expect(node.conflicts()[0]).toMatchObject({
        winner: { value: 'first' },
        losers: [{ value: 'second' }],
        decidedBy: 'priority',
        value: 'first',
      })
    }
  })

  it('a diverged node is an error, counted, and repaired', async () => {
    const mesh = await meshOf(2)
    mesh.run(5 * H)
    await mesh.nodes[0]!.publishUpdate('s', 'p', 1)
    mesh.run(3 * H)
    const errors: string[] = []
    for (const node of mesh.nodes) node.on('error', ({ code }) => errors.push(`${node.nodeId} ${code}`))
    const { replica } = mesh.core(mesh.nodes[1]!)
    replica['remove'](replica.siblings('s', 'p')[0]!)
    mesh.run(3 * H)
    expect(errors.sort()).toEqual(['node-001 DIVERGENCE', 'node-002 DIVERGENCE'])
    expect(mesh.nodes.map((node) => node.status().divergences)).toEqual([1, 1])
    expect(mesh.has('s', 'p', 1)).toBe(true)
  })
})

describe('processUpdate', () => {
  it('takes an update of a node as if it had been received', async () => {
    const [here, there] = [await meshOf(1), await meshOf(2, { seed: 2 })]
    const update = await there.nodes[1]!.publishUpdate('s', 'p', 1)
    expect(await here.nodes[0]!.processUpdate(update)).toEqual(update)
    expect(here.nodes[0]!.inspect('s', 'p')!.update).toEqual(update)
    expect(await here.nodes[0]!.processUpdate(update)).toBeUndefined()
    const bad = here.nodes[0]!.processUpdate({ ...update, sequence: 0 as typeof update.sequence })
    await expect(bad).rejects.toThrow(coded('UPDATE_INVALID', /sequence/))
  })

  it("publishes the document's own form as this node's update, if it wins", async () => {
    const mesh = await meshOf(2)
    mesh.run(10)
    const [node] = mesh.nodes
    const current = await node!.publishUpdate('s', 'p', 'current')
    const [atMs] = current.timestamp
    const foreign = (value: string, timestamp: number, more = {}) =>
      node!.processUpdate({ section: 's', parameter: 'p', value, timestamp, nodeId: 'program', ...more })
    expect(await foreign('older', atMs - 1)).toBeUndefined()
    expect(await foreign('newer', atMs + 1_000)).toMatchObject({ value: 'newer', nodeId: 'node-001', sequence: 2 })
    expect(await foreign('prior', 0, { priority: 1 })).toMatchObject({ value: 'prior', sequence: 3 })
    const vector = { [current.origin]: 9 }
    expect(await foreign('descendant', 0, { versionVector: vector })).toMatchObject({ value: 'descendant' })
    mesh.run(10)
    expect(mesh.has('s', 'p', 'descendant')).toBe(true)
    await expect(foreign('bad', Number.NaN)).rejects.toThrow(coded('UPDATE_INVALID', /timestamp/))
  })
})

describe('the life of a node', () => {
  it('goes on after a clean stop without a store: same state and origin, new run', async () => {
    const mesh = await meshOf(2)
    mesh.run(10)
    const [node] = mesh.nodes
    const before = await node!.publishUpdate('s', 'p', 1)
    const { runId } = node!.status()
    await node!.stop()
    await node!.stop()
    await node!.start()
    expect(node!.get('s', 'p')).toBe(1)
    expect(node!.status().runId).not.toBe(runId)
    const after = await node!.publishUpdate('s', 'p', 2)
    expect(after).toMatchObject({ origin: before.origin, sequence: 2 })
    mesh.until('the other has it', 3 * H, () => mesh.has('s', 'p', 2))
    mesh.assertSound()
  })

  it('a new process without a store takes a new incarnation, and gets back what it had broadcast', async () => {
    const mesh = await meshOf(2)
    mesh.run(10)
    const before = await mesh.nodes[0]!.publishUpdate('s', 'p', 1)
    mesh.run(10)
    await mesh.crash(mesh.nodes[0]!)
    const node = await mesh.startNode(0)
    mesh.until('it has everything', 2 * H, () => node.get('s', 'p') === 1)
    const after = await node.publishUpdate('s', 'p', 2)
    expect(after).toMatchObject({ nodeId: before.nodeId, sequence: 1 })
    expect(after.origin).not.toBe(before.origin)
    expect(node.getVersionVector()).toEqual({ [before.origin]: 1, [after.origin]: 1 })
  })

  it('cannot be written before it is started, while it stops, and afterwards', async () => {
    const scheduler = new VirtualScheduler()
    const node = new ConfigSyncManager({ nodeId: 'n', mesh: new MemoryNetwork({ scheduler }).mesh(), scheduler })
    const write = () => node.publishUpdate('s', 'p', 1)
    await expect(write()).rejects.toThrow(coded('NOT_STARTED', /n/))
    await node.start()
    const stopping = node.stop()
    await expect(write()).rejects.toThrow(coded('STOPPING', /n/))
    await stopping
    await expect(write()).rejects.toThrow(coded('NOT_STARTED', /n/))
  })

  it('a second node of the same name is refused, and can start when the first is gone', async () => {
    const mesh = await meshOf(1)
    const twin = new ConfigSyncManager({ nodeId: 'node-001', mesh: mesh.network.mesh(), scheduler: mesh.scheduler })
    await expect(twin.start()).rejects.toThrow(coded('NODE_DUPLICATE', /node-001/))
    await mesh.nodes[0]!.stop()
    await twin.start()
    await twin.stop()
  })

  it('says who is in the mesh, who leads it, and that it lacks nothing', async () => {
    const mesh = await meshOf(3)
    mesh.run(5 * H)
    expect(mesh.nodes.map((node) => node.isCoordinator())).toEqual([true, false, false])
    for (const node of mesh.nodes) {
      const status = node.status()
      expect(status).toMatchObject({ ready: true, coordinator: 'node-001', divergences: 0, pendingUpdates: 0 })
      expect(status.members.map(({ nodeId, inStep }) => [nodeId, inStep])).toHaveLength(3)
      expect(status.members.every(({ inStep }) => inStep)).toBe(true)
    }
  })
})

describe('what this node cannot use', () => {
  it('a value that its schema refuses is kept for convergence, reported, and never effective here', async () => {
    const strict = defineParameters({ s: { p: parameter(z.number(), { default: 1 }) } })
    const mesh = await meshOf(2, { node: (index) => (index === 0 ? { parameters: strict } : {}) })
    mesh.run(10)
    const rejected: unknown[] = []
    const [here, there] = mesh.nodes
    here!.on('rejected', (event) => rejected.push(event))
    await there!.publishUpdate('s', 'p', 5)
    mesh.run(10)
    await there!.publishUpdate('s', 'p', 'text')
    mesh.run(10)
    expect(mesh.equal).toBe(true)
    expect(there!.get('s', 'p')).toBe('text')
    expect(here!.get('s', 'p')).toBe(5)
    expect(here!.inspect('s', 'p')).toMatchObject({ source: 'stale', update: { value: 'text' } })
    expect(rejected).toMatchObject([{ code: 'VALUE_INVALID', section: 's', parameter: 'p', nodeId: 'node-002' }])
    expect(here!.status().rejected).toEqual({ VALUE_INVALID: 1 })
  })
})

describe('settings', () => {
  it('are taken live: a shorter heartbeat interval is in force on every node at once', async () => {
    const mesh = await meshOf(2)
    mesh.run(5 * H)
    await mesh.nodes[0]!.publishUpdate('mesh', 'heartbeat_interval_ms', 100)
    mesh.run(2 * H)
    const before = mesh.sent('heartbeat')
    mesh.run(10 * H)
    expect(mesh.nodes.map((node) => node.status().heartbeatIntervalMs)).toEqual([100, 100])
    expect(mesh.sent('heartbeat') - before).toBeGreaterThan(180)
    expect(mesh.sent('heartbeat') - before).toBeLessThan(225)
    expect(mesh.nodes.flatMap((node) => node.status().members.filter(({ state }) => state !== 'live'))).toEqual([])
  })

  it('cannot be set out of their bounds', async () => {
    const mesh = await meshOf(1)
    const write = mesh.nodes[0]!.publishUpdate('mesh', 'heartbeat_interval_ms', 0)
    await expect(write).rejects.toThrow(coded('VALUE_INVALID', /heartbeat_interval_ms/))
  })
})

describe('high load', () => {
  it('components are told of ordinary changes of others a little later, in order; get sees them at once', async () => {
    const mesh = await meshOf(2, { node: (index) => ({ load: () => (index === 1 ? 0.95 : 0) }) })
    mesh.run(5 * H)
    const [writer, busy] = mesh.nodes
    const events: ChangeEvent[] = []
    busy!.on('change', (event) => events.push(event))
    await writer!.publishUpdate('s', 'p', 1)
    await writer!.publishUpdate('s', 'p', 2)
    mesh.run(10)
    expect([busy!.get('s', 'p'), busy!.status().pendingUpdates, events]).toEqual([2, 2, []])
    mesh.run(H / 4)
    expect([valuesIn(events), busy!.status().pendingUpdates]).toEqual([
      [
        ['s.p', 1],
        ['s.p', 2],
      ],
      0,
    ])
    await writer!.publishUpdate('s', 'p', 3)
    mesh.run(10)
    await writer!.publishUpdate('s', 'q', 4, { priority: 1 })
    mesh.run(10)
    expect(valuesIn(events.slice(2))).toEqual([
      ['s.p', 3],
      ['s.q', 4],
    ])
  })
})
