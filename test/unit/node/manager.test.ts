import { describe, expect, it } from 'vitest'
import { MemoryNetwork } from '#mesh/memory'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { ConfigSyncManager } from '#node/manager'

describe('ConfigSyncManager', () => {
  it('two nodes agree', async () => {
    const scheduler = new VirtualScheduler()
    const network = new MemoryNetwork({ seed: 1, scheduler, faults: {} })
    const nodes = ['a', 'b', 'c'].map(
      (nodeId) => new ConfigSyncManager({ nodeId, mesh: network.mesh(), scheduler, load: () => 0 }),
    )
    for (const node of nodes) await node.start()
    scheduler.advanceBy(10)
    const events: unknown[] = []
    nodes[1]!.on('change', (event) => events.push(event))
    await nodes[0]!.publishUpdate('mesh', 'x', 15, { reason: 'try' })
    scheduler.advanceBy(10)
    expect(nodes.map((node) => node.get('mesh', 'x'))).toEqual([15, 15, 15])
    expect(events).toHaveLength(1)
    scheduler.advanceBy(5000)
    expect(nodes.map((node) => node.isCoordinator())).toEqual([true, false, false])
    const digests = new Set(nodes.map((node) => node.status().digest))
    expect(digests.size).toBe(1)
    console.log(JSON.stringify(nodes[0]!.status(), null, 1))
    for (const node of nodes) {
      const stopping = node.stop()
      scheduler.advanceBy(1000)
      await stopping
    }
  })
})
