import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MemoryNetwork } from '#mesh/memory'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import type { HistoryPoint, HistoryRecord } from '#node/types'
import { VirtualMesh } from '#sim/virtual-mesh'
import { MemoryStore } from '#store/memory'
import { coded } from '../../support/coded.ts'

const H = 1_000

const meshOf = async (nodes: number, options: Partial<ConstructorParameters<typeof VirtualMesh>[0]> = {}) => {
  const mesh = await new VirtualMesh({ nodes, seed: 1, ...options }).start()
  mesh.run(10)
  return mesh
}

const short = ({ id, value, source }: HistoryRecord): unknown[] => [id, value, source]

/** `node-001` and `node-002` write without knowledge of each other, and meet. */
async function conflict(mesh: VirtualMesh, first: unknown[], second: unknown[]): Promise<void> {
  const [a, b] = mesh.nodes
  mesh.network.partition([a!.nodeId])
  await a!.publishUpdate('s', 'p', first[0] as string, { priority: (first[1] as number) ?? 0 })
  await b!.publishUpdate('s', 'p', second[0] as string, { priority: (second[1] as number) ?? 0 })
  mesh.network.heal()
  mesh.until('both are equal', 3 * H, () => mesh.equal)
}

describe('the history of a parameter', () => {
  it('has what a node was handed until it was up to date as what stood there earlier', async () => {
    const mesh = await meshOf(2)
    const [a] = mesh.nodes
    await a!.publishUpdate('s', 'p', 1)
    mesh.run(5 * H)
    const fresh = await mesh.startNode(2)
    mesh.until('it is up to date', 5 * H, () => fresh.status().ready)
    expect((await fresh.history('s', 'p')).map(short)).toEqual([['node-001:1', 1, 'earlier']])
    await a!.publishUpdate('s', 'p', 2)
    mesh.run(50)
    expect((await fresh.history('s', 'p')).map(short)).toEqual([
      ['node-001:2', 2, 'remote'],
      ['node-001:1', 1, 'earlier'],
    ])
    await mesh.stop()
  })

  it('has who changed it, when, why, how it came and what it replaced, newest first', async () => {
    const mesh = await meshOf(2)
    const [a, b] = mesh.nodes
    await a!.publishUpdate('s', 'p', 1, { reason: 'first' })
    mesh.run(50)
    await b!.publishUpdate('s', 'p', 2)
    await b!.publishUpdate('s', 'q', 0)
    mesh.run(50)
    await a!.deleteParameter('s', 'p', { reason: 'not needed' })
    mesh.run(50)
    const history = await a!.history('s', 'p')
    expect(history.map(short)).toEqual([
      ['node-001:2', undefined, 'local'],
      ['node-002:1', 2, 'remote'],
      ['node-001:1', 1, 'local'],
    ])
    expect(history[0]).toMatchObject({
      dropped: false,
      concurrent: [],
      decidedBy: undefined,
      winner: { deleted: true },
    })
    expect(history[0]!.update).toMatchObject({ reason: 'not needed', deleted: true, nodeId: 'node-001' })
    expect(history.map(({ superseded }) => superseded.map(({ value }) => value))).toEqual([[2], [1], []])
    expect(history.map(({ explanation }) => explanation)).toEqual([
      "node-001's delete replaced node-002's 2, known to its writer",
      "node-002's 2 replaced node-001's 1, known to its writer",
      "nothing stood here before node-001's 1",
    ])
    expect(history[0]!.at! - history[2]!.at!).toBe(100)
    expect(await a!.history('s', 'p', { limit: 1 })).toEqual(history.slice(0, 1))
    expect((await b!.history('s', 'p')).map(({ source }) => source)).toEqual(['remote', 'local', 'remote'])
    expect(await a!.history('s', 'unknown')).toEqual([])
    await expect(a!.history('s.t', '')).rejects.toThrow(coded('NAME_INVALID', /dot/))
  })

  it('has what lost and by which rule, whichever came last', async () => {
    const mesh = await meshOf(2)
    await conflict(mesh, ['low', 1], ['high', 2])
    for (const node of mesh.nodes) {
      const [newest] = await node.history('s', 'p')
      expect(newest).toMatchObject({
        decidedBy: 'priority',
        value: 'high',
        winner: { value: 'high' },
        source: 'repair',
      })
      expect([newest!.update.value, newest!.concurrent[0]!.value].sort()).toEqual(['high', 'low'])
      expect(newest!.explanation).toMatch(/^node-002's "high" won over node-001's "low": .*priority 2 against 1$/)
    }
  })

  it('is as long as config_sync.history_per_parameter says, taken live; 0 turns it off', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    const count = async () => (await node!.history('s', 'p')).length
    const write = async (times: number) => {
      for (let i = 0; i < times; i++) await node!.publishUpdate('s', 'p', i)
    }
    await write(120)
    expect(await count()).toBe(100)
    await node!.publishUpdate('config_sync', 'history_per_parameter', 5)
    expect((await node!.history('s', 'p')).map(({ value }) => value)).toEqual([119, 118, 117, 116, 115])
    await node!.publishUpdate('config_sync', 'history_per_parameter', 0)
    await write(1)
    expect(await count()).toBe(0)
    await node!.publishUpdate('config_sync', 'history_per_parameter', 200)
    await write(1)
    expect((await node!.history('s', 'p')).map(short)).toEqual([
      ['node-001:125', 0, 'local'],
      ['node-001:123', 0, 'earlier'],
    ])
  })

  it('says of what was deleted while this node was away that it was dropped', async () => {
    const mesh = await meshOf(2)
    const [a, away] = mesh.nodes
    await a!.publishUpdate('s', 'p', 1)
    mesh.run(H)
    mesh.network.partition([away!.nodeId])
    await a!.deleteParameter('s', 'p')
    const { replica } = mesh.core(a!)
    replica.collect([...replica.tombstones.keys()][0]!)
    mesh.network.heal()
    mesh.until('both are equal', 10 * H, () => mesh.equal && away!.get('s', 'p') === undefined)
    const [newest, before] = await away!.history('s', 'p')
    expect(newest).toMatchObject({ dropped: true, winner: undefined, value: undefined, update: { value: 1 } })
    expect(newest!.explanation).toMatch(/deleted elsewhere/)
    expect(before).toMatchObject({ dropped: false, value: 1 })
    expect(await away!.rollback('s', 'p', '-1')).toMatchObject({ value: 1, reason: 'rollback to -1 (node-001:1)' })
  })

  it('judges by the schema of now, and gives what the parameter came to', async () => {
    const strict = defineParameters({ s: { p: parameter(z.number(), { default: 7 }) } })
    const mesh = await meshOf(2, { node: (index) => (index === 0 ? { parameters: strict } : {}) })
    await mesh.nodes[1]!.publishUpdate('s', 'p', 5)
    await mesh.nodes[1]!.publishUpdate('s', 'p', 'text')
    await mesh.nodes[1]!.deleteParameter('s', 'p')
    mesh.run(50)
    expect((await mesh.nodes[0]!.history('s', 'p')).map(({ value }) => value)).toEqual([7, 7, 5])
    await expect(mesh.nodes[0]!.rollback('s', 'p', '-1')).rejects.toThrow(coded('VALUE_INVALID', /s\.p/))
  })
})

describe('rollback', () => {
  it('goes to a change by its id, its dot, steps back or a time, as a new update that says so', async () => {
    const mesh = await meshOf(2)
    const [a, b] = mesh.nodes
    const first = await a!.publishUpdate('s', 'p', 1)
    mesh.run(1_000)
    await a!.publishUpdate('s', 'p', 2)
    mesh.run(1_000)
    await a!.deleteParameter('s', 'p')
    mesh.run(1_000)
    const [firstMs] = first.timestamp
    const to = async (point: HistoryPoint) => {
      const { value, sequence, reason } = await b!.rollback('s', 'p', point)
      return [value, sequence, reason]
    }
    expect(await to('node-001:1')).toEqual([1, 1, 'rollback to node-001:1'])
    expect(await to(`${first.origin}:2`)).toEqual([2, 2, 'rollback to node-001:2'])
    expect(await to(first)).toEqual([1, 3, 'rollback to node-001:1'])
    expect(await to('-1')).toEqual([2, 4, 'rollback to -1 (node-002:2)'])
    expect(await to(-4)).toEqual([undefined, 5, 'rollback to -4 (node-001:3)'])
    const time = new Date(firstMs + 1_500)
    const reason = `rollback to ${time.toISOString()} (node-001:2)`
    expect(await to(time)).toEqual([2, 6, reason])
    expect(await to(time.getTime())).toEqual([2, 7, reason])
    expect(await to(time.toISOString())).toEqual([2, 8, reason])
    mesh.run(50)
    expect(mesh.has('s', 'p', 2)).toBe(true)
    const own = await b!.rollback('s', 'p', '-1', { reason: 'mine', priority: 3 })
    expect(own).toMatchObject({ reason: 'mine', priority: 3 })
  })

  it('gives a named change its own value, and steps and times what the parameter had come to', async () => {
    const mesh = await meshOf(2)
    await conflict(mesh, ['low', 1], ['high', 2])
    const [a] = mesh.nodes
    await a!.publishUpdate('s', 'p', 'next')
    expect(await a!.rollback('s', 'p', 'node-001:1')).toMatchObject({ value: 'low' })
    expect(await a!.rollback('s', 'p', -2)).toMatchObject({ value: 'high' })
  })

  it('refuses what is not remembered, and says what there is', async () => {
    const mesh = await meshOf(1)
    const [node] = mesh.nodes
    const refused = async (to: HistoryPoint, detail: RegExp) =>
      expect(node!.rollback('s', 'p', to)).rejects.toThrow(coded('HISTORY_UNKNOWN', detail))
    await refused('-1', /^-1 .*there is none$/)
    for (let value = 1; value <= 7; value++) await node!.publishUpdate('s', 'p', value)
    const update = await node!.publishUpdate('s', 'q', 0)
    const ids = /; there are, newest first, node-001:7, node-001:6, node-001:5, node-001:4, node-001:3 and 2 more$/
    for (const to of [
      'node-001:8',
      'node-9:1',
      '-7',
      '-0',
      '1',
      'yesterday',
      '',
      '2026-01-01T12:00',
      '2026-99-99',
      update,
    ])
      await refused(to, ids)
    for (const to of [-7, -0.5, 0, Number.NaN, 1e300, new Date(Number.NaN), '1999-01-01', '2026-01-01T00:00:00+14:00'])
      await refused(to, ids)
    expect(node!.get('s', 'p')).toBe(7)
  })

  it('asks for the incarnation where a short id names two changes', async () => {
    const mesh = await meshOf(2)
    const first = await mesh.nodes[0]!.publishUpdate('s', 'p', 1)
    mesh.run(10)
    await mesh.crash(mesh.nodes[0]!)
    const again = await mesh.startNode(0)
    mesh.until('it has everything', 2 * H, () => again.get('s', 'p') === 1)
    const second = await again.publishUpdate('s', 'p', 2)
    mesh.run(10)
    const [, other] = mesh.nodes
    expect((await other!.history('s', 'p')).map(({ id }) => id)).toEqual([`${second.origin}:1`, `${first.origin}:1`])
    await expect(other!.rollback('s', 'p', 'node-001:1')).rejects.toThrow(coded('HISTORY_UNKNOWN', /incarnations/))
    expect(await other!.rollback('s', 'p', `${first.origin}:1`)).toMatchObject({ value: 1 })
  })
})

describe('over a restart', () => {
  it('history and conflicts come back from the store', async () => {
    const store = new MemoryStore()
    const mesh = await meshOf(2, { node: (index) => (index === 0 ? { store } : {}) })
    await conflict(mesh, ['low', 1], ['high', 2])
    const [a] = mesh.nodes
    await a!.publishUpdate('s', 'p', 'settled')
    const [history, conflicts] = [await a!.history('s', 'p'), a!.conflicts()]
    expect(history.map(({ value }) => value)).toEqual(['settled', 'high', 'low'])
    expect(conflicts).toHaveLength(1)
    await mesh.stopNode(a!)
    await expect(a!.history('s', 'p')).rejects.toThrow(coded('NOT_STARTED', /node-001/))
    const again = await mesh.startNode(0)
    expect(await again.history('s', 'p')).toEqual(history)
    expect(again.conflicts()).toEqual(conflicts)
    expect(again.status().conflicts).toBe(0)
    expect(await again.rollback('s', 'p', 'node-002:1')).toMatchObject({ value: 'high' })
  })

  it('the ledger that a store brings back is cut to its size', async () => {
    const store = new MemoryStore()
    const mesh = await meshOf(2, { node: (index) => (index === 0 ? { store } : {}) })
    for (let i = 0; i < 3; i++) await conflict(mesh, ['low', i], ['high', 9])
    await mesh.nodes[0]!.publishUpdate('config_sync', 'conflict_ledger_size', 2)
    const conflicts = mesh.nodes[0]!.conflicts()
    expect(conflicts).toHaveLength(2)
    await mesh.stopNode(mesh.nodes[0]!)
    expect((await mesh.startNode(0)).conflicts()).toEqual(conflicts)
  })

  it('without a store they last as long as the program', async () => {
    const scheduler = new VirtualScheduler()
    const node = new ConfigSyncManager({ nodeId: 'n', mesh: new MemoryNetwork({ scheduler }).mesh(), scheduler })
    await expect(node.rollback('s', 'p', -1)).rejects.toThrow(coded('NOT_STARTED', /n/))
    await node.start()
    await node.publishUpdate('s', 'p', 1)
    await node.publishUpdate('s', 'p', 2)
    await node.stop()
    expect((await node.history('s', 'p')).map(({ value }) => value)).toEqual([2, 1])
    await node.start()
    expect(await node.rollback('s', 'p', -1)).toMatchObject({ value: 1 })
    await node.stop()
  })

  it('a state that is older than its journal begins with what stands', async () => {
    const store = new MemoryStore()
    const mesh = await meshOf(1, { node: { store } })
    await mesh.nodes[0]!.publishUpdate('s', 'p', 1)
    await mesh.stopNode(mesh.nodes[0]!)
    const copy = await mesh.startNode(0, { store: store.copy() })
    expect((await copy.history('s', 'p')).map(short)).toEqual([['node-001:1', 1, 'earlier']])
    expect(await copy.rollback('s', 'p', 'node-001:1')).toMatchObject({ value: 1 })
  })
})
