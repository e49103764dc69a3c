// ConfigSync inside a program: two nodes in one process, first on the in-memory mesh, then over mutual TLS.
// In a clone: npm exec -- node --conditions=source examples/library.ts
import { ConfigSyncManager, defineParameters, MemoryNetwork, type Mesh, parameter } from 'configsync'
import { createAuthority, issueCertificate, TlsMesh } from 'configsync/mesh/tls'
import { z } from 'zod'

// Names and values are checked by the compiler, and values again at run time. Any Standard Schema validator will do.
const parameters = defineParameters({
  mesh: { batch_size_limit: parameter(z.number().int().min(1), { default: 10, merge: 'max' }) },
  tool_proxy: {
    default_call_limit: parameter(z.number().int().nonnegative(), { default: 25 }),
    denied_tools: parameter(z.array(z.string()), { default: [], merge: 'union' }),
  },
})

const newNode = (nodeId: string, mesh: Mesh) => new ConfigSyncManager({ nodeId, cluster: 'example', mesh, parameters })
type Node = ReturnType<typeof newNode>

/** Resolves when a node knows the other one. */
function met(node: Node): Promise<void> {
  return new Promise((resolve) => {
    const off = node.on('member', ({ state }) => {
      if (state !== 'joined') return
      off()
      resolve()
    })
  })
}

/** One node writes, the other one watches. */
async function writeAndWatch(a: Node, b: Node): Promise<void> {
  const changes = b.watch({ section: 'tool_proxy' })
  await a.publishUpdate('tool_proxy', 'default_call_limit', 40, { reason: 'load test' })
  const { value } = await changes.next()
  for (const change of value?.changes ?? []) {
    const { section, parameter: name, previous, update } = change
    console.log(`${section}.${name}: ${previous} → ${change.value} (by ${update.nodeId}: ${update.reason})`)
  }
  await changes.return?.()
}

/** Two writes that know nothing of each other: the merge rule keeps what both of them added. */
async function writeTogether(a: Node, b: Node): Promise<void> {
  const merged = new Promise<void>((resolve) => {
    const off = a.on('conflict', ({ explanation }) => {
      off()
      console.log(explanation)
      resolve()
    })
  })
  await Promise.all([
    a.publishUpdate('tool_proxy', 'denied_tools', ['format_disk']),
    b.publishUpdate('tool_proxy', 'denied_tools', ['send_mail']),
  ])
  await merged
  console.log('denied:', a.get('tool_proxy', 'denied_tools').join(', '))
}

async function tryBadValue(node: Node): Promise<void> {
  const refused = await node.publishUpdate('mesh', 'batch_size_limit', 0).catch((error: Error) => error)
  console.log(refused instanceof Error ? refused.message : 'taken')
}

async function run(title: string, meshA: Mesh, meshB: (addressOfA: string) => Mesh): Promise<void> {
  console.log(title)
  const a = newNode('node-a', meshA)
  await a.start()
  const b = newNode('node-b', meshB(meshA.address))
  try {
    const bothMet = Promise.all([met(a), met(b)])
    await b.start()
    await bothMet
    await writeAndWatch(a, b)
    await writeTogether(a, b)
    await tryBadValue(a)
  } finally {
    await Promise.all([a.stop(), b.stop()])
  }
}

const network = new MemoryNetwork()
await run('In memory', network.mesh(), () => network.mesh())

const authority = await createAuthority({ cluster: 'example', days: 1 })
const certificateOf = (nodeId: string) => issueCertificate({ authority, nodeId, days: 1 })
const [certificateA, certificateB] = [await certificateOf('node-a'), await certificateOf('node-b')]
await run(
  'Over mutual TLS',
  new TlsMesh({ listen: '127.0.0.1:0', certificates: certificateA }),
  (addressOfA) => new TlsMesh({ listen: '127.0.0.1:0', join: [addressOfA], certificates: certificateB }),
)
