// ConfigSync on its default mesh for a peer harness: bench/peers/README.md describes the interface.
import { createAuthority, issueCertificate, TlsMesh } from '../../dist/mesh/tls/index.js'
import { ConfigSyncManager } from '../../dist/node/manager.js'

const CLUSTER = 'bench'
const SECTION = 'bench'
const NODES_MAX = 40
const POLL_MS = 10
const READY_DEADLINE_MS = 30_000

export const info = {
  title: 'ConfigSync, TLS mesh',
  topology: 'full mesh',
  processes: 'one per node',
  durability: 'none (no store given)',
  security: 'mutual TLS 1.3, one certificate per node',
  settleMs: 500,
  jobs: { J1: true, J1s: true, J2: true, J2b: true, J3: true },
}

const nodeName = (index) => `node-${String(index).padStart(2, '0')}`

export async function start({ ports }) {
  const authority = await createAuthority({ cluster: CLUSTER, days: 1 })
  const certificates = await Promise.all(
    Array.from({ length: NODES_MAX }, (_, index) => issueCertificate({ authority, nodeId: nodeName(index), days: 1 })),
  )
  return { config: { ports: ports.slice(0, NODES_MAX), certificates }, pids: [], stop: async () => {} }
}

/** Default settings, no schema, no store. Every node is told where all of them listen. */
export async function open({ index, n, config, onChange, joiner }) {
  const addresses = config.ports.slice(0, n).map((port) => `127.0.0.1:${port}`)
  const mesh = new TlsMesh({ listen: addresses[index], certificates: config.certificates[index] })
  const sync = new ConfigSyncManager({ nodeId: nodeName(index), cluster: CLUSTER, mesh })
  sync.on('change', ({ changes }) => {
    for (const { parameter, value } of changes) onChange(parameter, value)
  })
  await sync.start()
  return {
    // with no store the promise resolves at once, so the writer yields every `window` calls as the floors do
    window: 64,
    chunk: 2000,
    set(key, value) {
      sync.publishUpdate(SECTION, key, value)
    },
    setMany: (entries) =>
      sync.publishUpdates(entries.map(([parameter, value]) => ({ section: SECTION, parameter, value }))),
    async join() {
      mesh.learnAddresses(addresses.filter((_, other) => other !== index))
    },
    // a late joiner is measured from its first step, and has nothing to wait for
    ready: joiner ? async () => {} : () => formed(sync, mesh, n),
    close: () => sync.stop(),
  }
}

/** Everybody connected, known to be alive, in step, and a coordinator chosen. */
async function formed(sync, mesh, n) {
  const deadline = performance.now() + READY_DEADLINE_MS
  for (;;) {
    const { members, ready, coordinator } = sync.status()
    if (mesh.peers().length === n - 1 && members.length === n && ready && coordinator !== undefined) return
    if (performance.now() > deadline) throw new Error(`${mesh.peers().length} of ${n - 1} peers connected in time`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
