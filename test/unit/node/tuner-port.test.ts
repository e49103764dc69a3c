import { afterEach, describe, expect, it } from 'vitest'
import type { Measurements } from '#core/protocol'
import type { ConfigSyncManager } from '#node/manager'
import { VirtualMesh } from '#sim/virtual-mesh'

const MEASURED: Measurements = { elapsedMs: 1_000, metrics: [{ metric: 'ok', good: 3, bad: 1, buckets: [] }] }

describe('what a tuner is given of its node', () => {
  let mesh: VirtualMesh
  afterEach(() => mesh.stop())

  async function settled(): Promise<readonly [ConfigSyncManager, ConfigSyncManager]> {
    mesh = await new VirtualMesh({ nodes: 2, seed: 1 }).start()
    mesh.until('there is a coordinator', 10_000, () => mesh.nodes[0]!.isCoordinator())
    mesh.run(2_000)
    return [mesh.nodes[0]!, mesh.nodes[1]!]
  }

  it('publishes in the reign of the coordinator, and of nobody else', async () => {
    const [first, second] = await settled()
    const [update] = await first.tunerPort.publish([{ section: 's', parameter: 'p', value: 1, priority: -100 }])
    expect(update).toMatchObject({ epoch: first.status().epoch, priority: -100 })
    expect(first.status().epoch).toBeGreaterThan(0)
    const refused = second.tunerPort.publish([{ section: 's', parameter: 'p', value: 2 }])
    await expect(refused).rejects.toMatchObject({ code: 'NOT_COORDINATOR' })
    mesh.until('all have it', 2_000, () => mesh.has('s', 'p', 1))
  })

  it('carries measurements to the coordinator', async () => {
    const [first, second] = await settled()
    const told: unknown[] = []
    const off = first.tunerPort.onMeasurements((from, measurements) => told.push([from, measurements]))
    expect(first.tunerPort.coordinator).toBeUndefined()
    const { coordinator } = second.tunerPort
    expect(coordinator!.nodeId).toBe('node-001')
    second.tunerPort.report(coordinator!.nodeId, MEASURED)
    mesh.run(100)
    expect(told).toEqual([['node-002', MEASURED]])
    off()
    second.tunerPort.report(coordinator!.nodeId, MEASURED)
    mesh.run(100)
    expect(told).toHaveLength(1)
  })

  it('knows whom it follows only once that one says that it coordinates, and how long it has been silent', async () => {
    const [first, second] = await settled()
    const third = await mesh.startNode(2)
    mesh.run(5_000)
    // The third hears nothing of the coordinator's last second, so it is the first to find it dead.
    mesh.network.filter = (from, to) => !(from === 'node-001' && to === 'node-003')
    mesh.run(900)
    await mesh.crash(first)
    mesh.run(1_000)
    expect(third.tunerPort.coordinator).toMatchObject({ nodeId: 'node-001' })
    expect(third.tunerPort.coordinator!.silentMs).toBeGreaterThan(1_500)
    mesh.until('it follows another', 3_000, () => third.status().coordinator === 'node-002')
    expect(second.isCoordinator()).toBe(false)
    expect(third.tunerPort.coordinator).toBeUndefined()
    mesh.until('that one says so', 3_000, () => third.tunerPort.coordinator?.nodeId === 'node-002')
    expect(second.isCoordinator()).toBe(true)
  })

  it('knows who measures for the coordinator', async () => {
    const [first, second] = await settled()
    expect(first.tunerPort.observers).toEqual([])
    second.tunerPort.setMode('observing')
    mesh.until('it is heard', 3_000, () => first.tunerPort.observers.length > 0)
    expect(first.tunerPort.observers).toEqual(['node-002'])
  })

  it('tells of each sending that was measured', async () => {
    const [first] = await settled()
    const samples: unknown[] = []
    first.tunerPort.onDelivery((sample) => samples.push(sample))
    await first.publishUpdate('s', 'p', 1)
    mesh.run(3_000)
    const [elapsedMs, batchMs] = [expect.any(Number), expect.any(Number)]
    expect(samples).toContainEqual({ elapsedMs, batchMs, queueMs: 0, lostMs: 0, retries: 0 })
  })

  it('is what heartbeats say of the tuner', async () => {
    const [first, second] = await settled()
    const modeSeen = () => mesh.core(second).membership.members.get(first.status().nodeId)?.heartbeat.tunerMode
    expect(modeSeen()).toBe('off')
    first.tunerPort.setMode('active')
    mesh.until('the other hears it', 3_000, () => modeSeen() === 'active')
  })
})
