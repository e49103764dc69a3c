import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MemoryNetwork } from '#mesh/memory'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import type { ChangeEvent } from '#node/types'
import { VirtualMesh } from '#sim/virtual-mesh'
import { coded } from '../../support/coded.ts'

const H = 1_000

const meshOf = (
  nodes: number,
  options: Partial<ConstructorParameters<typeof VirtualMesh>[0]> = {},
): Promise<VirtualMesh> => new VirtualMesh({ nodes, seed: 1, ...options }).start()

const valuesIn = (events: readonly ChangeEvent[]): unknown[] =>
  events.flatMap(({ changes }) => changes.map(({ section, parameter: name, value }) => [`${section}.${name}`, value]))

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
  it('components are told of low-priority changes of others a little later, in order; get sees them at once', async () => {
    const mesh = await meshOf(2, { node: (index) => ({ load: () => (index === 1 ? 0.95 : 0) }) })
    mesh.run(5 * H)
    const [writer, busy] = mesh.nodes
    const events: ChangeEvent[] = []
    busy!.on('change', (event) => events.push(event))
    await writer!.publishUpdate('s', 'p', 1, { priority: -1 })
    await writer!.publishUpdate('s', 'p', 2, { priority: -1 })
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
    await writer!.publishUpdate('s', 'p', 3, { priority: -1 })
    mesh.run(10)
    await writer!.publishUpdate('s', 'q', 4)
    mesh.run(10)
    expect(valuesIn(events.slice(2))).toEqual([
      ['s.p', 3],
      ['s.q', 4],
    ])
  })
})
