import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { MemoryNetwork } from '#mesh/memory'
import { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import type { ChangeEvent } from '#node/types'
import { VirtualMesh } from '#sim/virtual-mesh'
import { MemoryStore } from '#store/memory'
import { coded } from '../../support/coded.ts'

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
