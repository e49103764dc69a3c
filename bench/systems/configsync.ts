import { setTimeout as sleep } from 'node:timers/promises'
import { TlsMesh } from '#mesh/tls/index'
import { ConfigSyncManager } from '#node/manager'
import { CLUSTER, nodeName } from '../certificates.ts'
import { nowMs } from '../machine.ts'
import type { BenchNode, OpenOptions } from '../system.ts'

const SECTION = 'bench'
const JOIN_DEADLINE_MS = 30_000
const JOIN_POLL_MS = 20

/** A node as a program would run it: the TLS mesh, default settings, no schema, no store. */
export async function openConfigSync({ index, nodes, credentials, onValue }: OpenOptions): Promise<BenchNode> {
  const mesh = new TlsMesh({ listen: '127.0.0.1:0', certificates: credentials })
  const sync = new ConfigSyncManager({ nodeId: nodeName(index), cluster: CLUSTER, mesh })
  sync.on('change', ({ changes }) => {
    for (const { parameter, value } of changes) onValue(parameter, value as string)
  })
  await sync.start()
  return {
    address: mesh.address,
    join: (addresses) => join(sync, mesh, addresses, nodes),
    set: (parameter, value) => sync.publishUpdate(SECTION, parameter, value),
    close: () => sync.stop(),
  }
}

/** Everybody is connected, known to be alive and in step, and there is a coordinator: what follows is the steady state. */
async function join(
  sync: ConfigSyncManager,
  mesh: TlsMesh,
  addresses: readonly string[],
  nodes: number,
): Promise<void> {
  mesh.learnAddresses(addresses)
  const deadlineMs = nowMs() + JOIN_DEADLINE_MS
  for (;;) {
    const { members, ready, coordinator } = sync.status()
    if (mesh.peers().length === nodes - 1 && members.length === nodes && ready && coordinator !== undefined) return
    if (nowMs() > deadlineMs)
      throw new Error(`only ${mesh.peers().length} of ${nodes - 1} peers were connected in time`)
    await sleep(JOIN_POLL_MS)
  }
}
