import { type Authority, createAuthority, type IssuedCertificate, issueCertificate } from '#mesh/tls/index'

const authorities = new Map<string, Promise<Authority>>()
const issued = new Map<string, Promise<IssuedCertificate>>()

/** The authority of a name, made once for each test file. `signer` tells two authorities of one cluster apart. */
export function authorityOf(cluster: string, signer = 'default'): Promise<Authority> {
  return remember(authorities, `${cluster} ${signer}`, () => createAuthority({ cluster, days: 1 }))
}

/** A node's certificate as PEM text. Certificates of all clusters are signed by one authority, unless `signer` differs. */
export function certificateOf(nodeId: string, cluster: string, signer = 'default'): Promise<IssuedCertificate> {
  return remember(issued, `${nodeId} ${cluster} ${signer}`, async () => {
    const authority = { ...(await authorityOf('tests', signer)), cluster }
    return issueCertificate({ authority, nodeId, days: 1 })
  })
}

/** Valid until yesterday. */
export async function expiredCertificateOf(nodeId: string, cluster: string): Promise<IssuedCertificate> {
  const authority = { ...(await authorityOf('tests')), cluster }
  return issueCertificate({ authority, nodeId, days: 1, now: new Date(Date.now() - 48 * 60 * 60 * 1000) })
}

function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = cache.get(key) ?? make()
  cache.set(key, made)
  return made
}
