import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeId, RunId } from '#core/identity'
import { MeshAdapter } from '#mesh/adapter'
import type { MeshHandlers, MeshIdentity } from '#mesh/mesh'
import { TlsMesh } from '#mesh/tls/index'
import { CLUSTER, nodeName } from '../certificates.ts'
import { WritingReplica } from '../replica-core.ts'
import type { BenchNode, OpenOptions } from '../system.ts'

const POLL_MS = 20
/** The second connection of a pair that dialled each other is closed by then. */
const SETTLE_MS = 1_000

const identityOf = (index: number): MeshIdentity => ({
  nodeId: nodeName(index) as NodeId,
  runId: randomBytes(8).toString('hex') as RunId,
  cluster: CLUSTER,
})

const nobody = { onPeerUp: () => {}, onPeerDown: () => {}, onTrouble: () => {}, onTurnedAway: () => {} }

/** The mesh alone, carrying what the floors carry: what ConfigSync's connections cost beside bare ones. */
export async function openMesh({ index, nodes, credentials, onValue }: OpenOptions): Promise<BenchNode> {
  const mesh = new TlsMesh({ listen: '127.0.0.1:0', certificates: credentials })
  const onFrame: MeshHandlers['onFrame'] = (_from, frame) => {
    const { k, v } = JSON.parse((frame as Buffer).toString())
    onValue(k, v)
  }
  await mesh.start(identityOf(index), { ...nobody, onFrame })
  return {
    address: mesh.address,
    join: (addresses) => join(mesh, addresses, nodes),
    set(parameter, value) {
      onValue(parameter, value)
      mesh.broadcast(Buffer.from(JSON.stringify({ k: parameter, v: value })))
      return undefined
    },
    close: () => mesh.stop(),
  }
}

/** Mesh, batching, codec and a replica that merges: all but membership, repair, events and the manager. */
export async function openAdapter({ index, nodes, credentials, onValue }: OpenOptions): Promise<BenchNode> {
  const mesh = new TlsMesh({ listen: '127.0.0.1:0', certificates: credentials })
  const replica = new WritingReplica(nodeName(index))
  const adapter = new MeshAdapter({ mesh, ...identityOf(index) })
  adapter.onMessage((_from, message) => {
    if (message.type !== 'updates') return
    for (const update of message.updates) {
      replica.merge(update)
      onValue(update.parameter, update.value as string)
    }
  })
  await adapter.start({ ...nobody, onRejected: () => {} })
  return {
    address: mesh.address,
    join: (addresses) => join(mesh, addresses, nodes),
    set(parameter, value) {
      adapter.broadcast({ type: 'updates', updates: [replica.write(parameter, value)] })
      onValue(parameter, value)
      return undefined
    },
    close: () => adapter.stop(),
  }
}

async function join(mesh: TlsMesh, addresses: readonly string[], nodes: number): Promise<void> {
  mesh.learnAddresses(addresses)
  while (mesh.peers().length !== nodes - 1) await sleep(POLL_MS)
  await sleep(SETTLE_MS)
}
