import { historyJson } from '#agent/http/views'
import type { ConfigSyncManager } from '#node/manager'
import type { RecordedHistory } from '#observe/space-time/recorded'
import { VirtualMesh } from '#sim/virtual-mesh'

const NAMES = ['pool.size', 'pool.mode', 'mesh.batch'] as const

/** Real nodes that write in turns under partitions, until all agree: histories with conflicts, replacements and deletes. */
export async function disputedMesh(seed: number, nodes = 4, writes = 40): Promise<VirtualMesh> {
  const mesh = await new VirtualMesh({ seed, nodes, node: { preset: 'test' } }).start()
  mesh.run(5_000)
  for (let i = 0; i < writes; i++) {
    if (mesh.random() < 0.4) mesh.network.partition([VirtualMesh.nameOf(0), VirtualMesh.nameOf(1)])
    if (mesh.random() < 0.15) mesh.network.heal()
    await write(mesh, i)
    mesh.runAtRandom(300)
  }
  mesh.network.heal()
  mesh.until('all are equal', 60_000, () => mesh.equal)
  return mesh
}

async function write(mesh: VirtualMesh, i: number): Promise<void> {
  const node = mesh.nodes[Math.floor(mesh.random() * mesh.nodes.length)]!
  const [section, parameter] = NAMES[Math.floor(mesh.random() * NAMES.length)]!.split('.') as [string, string]
  const reason = mesh.random() < 0.3 ? `why ${i}; "it" <is> & #so\n` : undefined
  const value = mesh.random() < 0.15 ? undefined : mesh.random() < 0.2 ? { text: `${i}; <b>` } : i
  await node.publishUpdate(section, parameter, value, reason === undefined ? {} : { reason })
}

/** As the HTTP API answers them. */
export async function historiesOf(node: ConfigSyncManager): Promise<RecordedHistory[]> {
  const histories = NAMES.map(async (name) => {
    const [section, parameter] = name.split('.') as [string, string]
    const records = await node.history(section, parameter)
    return JSON.parse(JSON.stringify({ section, parameter, history: records.map(historyJson) })) as RecordedHistory
  })
  return Promise.all(histories)
}
