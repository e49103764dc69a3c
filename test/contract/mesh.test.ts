import { describe, it } from 'vitest'
import { meshContract } from '#contract/index'
import { MemoryNetwork } from '#mesh/memory'
import { TlsMesh } from '#mesh/tls/index'
import { certificateOf } from '../support/certificates.ts'

meshContract(
  'memory',
  () => {
    const network = new MemoryNetwork()
    return { mesh: () => network.mesh() }
  },
  { describe, it },
)

meshContract(
  'memory, slow links',
  () => {
    const network = new MemoryNetwork({ faults: { delayMs: [1, 5] } })
    return { mesh: () => network.mesh() }
  },
  { describe, it },
)

meshContract(
  'tls with certificates',
  () => ({
    mesh: async ({ nodeId, cluster, join }) =>
      new TlsMesh({ listen: '127.0.0.1:0', join, certificates: await certificateOf(nodeId, cluster) }),
  }),
  { describe, it },
)

meshContract('tls in the clear', () => ({ mesh: ({ join }) => new TlsMesh({ listen: '127.0.0.1:0', join }) }), {
  describe,
  it,
})
