import type { ConfigSyncManager } from '#node/manager'
import { MemoryStore } from '#store/memory'
import type { VirtualMesh } from '../virtual-mesh.ts'
import { type Figure, finished, H, LIMIT_MS, Samples, settledMesh } from './figure.ts'

/** Up to 256 KiB of difference, the most that one part of a pull carries. */
const VALUE = 'x'.repeat(2_000)
const WRITES_MAX = 60

async function writeSome(node: ConfigSyncManager, label: string, writes: number): Promise<void> {
  for (let n = 0; n < writes; n++) await node.publishUpdate('s', `${label}-${n}`, VALUE + n)
}

/**
 * Both halves write, for a time in which the other half is given up or not, and the cut ends. Milliseconds from the first
 * frame that crosses until all are equal.
 */
export async function partitionHealed(nodes: number, seed: number): Promise<readonly Figure[]> {
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed })
  for (const cutMs of [H, 8 * H]) {
    const half = new Set(mesh.nodes.filter((_, index) => index % 2 === 0).map(({ nodeId }) => nodeId))
    mesh.network.partition([...half])
    mesh.runAtRandom(H)
    await writeSome(mesh.nodes[0]!, `a${cutMs}`, 1 + Math.floor(mesh.random() * WRITES_MAX))
    await writeSome(mesh.nodes[1]!, `b${cutMs}`, 1 + Math.floor(mesh.random() * WRITES_MAX))
    mesh.run(cutMs)
    mesh.runAtRandom(H)
    samples.add(healAndTime(mesh, half))
    mesh.run(4 * H)
  }
  return finished(mesh, samples.figure)
}

function healAndTime(mesh: VirtualMesh, half: ReadonlySet<string>): number {
  let crossedMs: number | undefined
  mesh.network.heal()
  mesh.network.filter = (from, to) => {
    if (half.has(from) !== half.has(to)) crossedMs ??= mesh.scheduler.nowMs()
    return true
  }
  mesh.until('both sides are equal', LIMIT_MS, () => crossedMs !== undefined && mesh.equal)
  mesh.network.filter = undefined
  return mesh.scheduler.nowMs() - crossedMs!
}

/**
 * A node is away while others write, first killed, then stopped cleanly; milliseconds from its start until it has
 * everything, what it wrote itself included. A figure for each.
 */
export async function restarted(nodes: number, seed: number, stored: boolean): Promise<readonly Figure[]> {
  const stores = new Map<number, MemoryStore>()
  const storeOf = (index: number) => {
    const store = stores.get(index) ?? new MemoryStore()
    stores.set(index, store)
    return store
  }
  const mesh = await settledMesh({ nodes, seed, ...(stored && { node: (index) => ({ store: storeOf(index) }) }) })
  const figures: Figure[] = []
  for (const how of ['crash', 'clean'] as const) {
    const index = Math.floor(mesh.random() * nodes)
    const node = mesh.nodes[index]!
    await writeSome(node, `own-${how}`, 5)
    mesh.run(2 * H)
    await writeSome(node, `late-${how}`, 5)
    if (how === 'crash') await mesh.crash(node)
    else await mesh.stopNode(node)
    if (stored && how === 'crash') stores.set(index, storeOf(index).copy())
    mesh.runAtRandom(6 * H)
    await writeSome(mesh.nodes[(index + 1) % nodes]!, `other-${how}`, WRITES_MAX)
    mesh.run(3 * H)
    const again = await mesh.startNode(index)
    figures.push({ value: mesh.until(`${again.nodeId} has everything`, LIMIT_MS, () => mesh.equal), samples: 1 })
    mesh.run(4 * H)
  }
  return finished(mesh, ...figures)
}
