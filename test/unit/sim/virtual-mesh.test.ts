import { describe, expect, it } from 'vitest'
import type { NodeId } from '#core/identity'
import { VirtualMesh } from '#sim/virtual-mesh'

/** Writes, losses, a crash and a restart; everything that a node could have seen of them. */
async function history(seed: number, sharesFrames: boolean) {
  const mesh = new VirtualMesh({
    nodes: 12,
    seed,
    sharesFrames,
    presenceBudget: 8,
    faults: { delayMs: [5, 25], lossRate: 0.2, duplicateRate: 0.1, reorderRate: 0.1 },
  })
  await mesh.start()
  const changes: unknown[] = []
  for (const node of mesh.nodes) node.on('change', ({ changes: [change] }) => changes.push([node.nodeId, change]))
  for (let n = 0; n < 20; n++) {
    const writer = mesh.live[Math.floor(mesh.random() * mesh.live.length)]!
    await writer.publishUpdate('s', `p${n % 3}`, { n, list: [n] })
    mesh.runAtRandom(500)
    if (n === 8) await mesh.crash(mesh.nodes[3]!)
    if (n === 14) await mesh.startNode(3)
  }
  mesh.run(20_000)
  mesh.assertSound()
  const outcome = {
    equal: mesh.equal,
    values: mesh.live.map((node) => node.getAll()),
    traffic: mesh.nodes.map(({ nodeId }) => ({ ...mesh.network.counters(nodeId) })),
    changes: JSON.parse(JSON.stringify(changes)) as unknown,
  }
  await mesh.stop()
  return outcome
}

describe('a simulated mesh', () => {
  it('repeats a run from its seed, and another seed gives another', async () => {
    const [first, again, other] = [await history(1, true), await history(1, true), await history(2, true)]
    expect(first.equal).toBe(true)
    expect(again).toEqual(first)
    expect(other.traffic).not.toEqual(first.traffic)
  })

  it('comes to the same whether frames are decoded once for all receivers or by each alone', async () => {
    for (const seed of [3, 4, 5]) expect(await history(seed, true), `seed ${seed}`).toEqual(await history(seed, false))
  })

  it('decodes a heartbeat once for all who hear it, which 1,000 nodes need', async () => {
    const mesh = await new VirtualMesh({ nodes: 4, seed: 1 }).start()
    mesh.run(5_000)
    const [first, ...others] = mesh.nodes
    const heard = others.map((node) => mesh.core(node).membership.members.get(first!.nodeId as NodeId)!.heartbeat)
    expect(new Set(heard).size).toBe(1)
    await mesh.stop()
  })
})
