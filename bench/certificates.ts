import { createAuthority, issueCertificate } from '#mesh/tls/index'
import type { Credentials } from './system.ts'

export const CLUSTER = 'bench'

/** Two digits, so that the byte order of the names is the order of the indices. */
export const nodeName = (index: number): string => `node-${String(index).padStart(2, '0')}`

/** A certificate for each node of the cluster, all of one authority: the same for the floors and for ConfigSync. */
export async function issueCredentials(nodes: number): Promise<Credentials[]> {
  const authority = await createAuthority({ cluster: CLUSTER, days: 1 })
  return Promise.all(
    Array.from({ length: nodes }, (_, index) => issueCertificate({ authority, nodeId: nodeName(index), days: 1 })),
  )
}
