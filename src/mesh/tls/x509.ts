/** What ConfigSync's authorities sign with. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** The library is loaded when a certificate or a list is made or read: a node without a list does not need it. */
export async function loadX509() {
  await import('reflect-metadata')
  return await import('@peculiar/x509')
}

/** As RFC 7468 and every other tool write a revocation list; the library has a label of its own. */
const LIST_LABEL = 'X509 CRL'

export const LIST_PEM = new RegExp(`-----BEGIN ${LIST_LABEL}-----[^-]+-----END ${LIST_LABEL}-----`, 'g')

export const pemBody = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')

export function listPem(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${LIST_LABEL}-----\n${lines.join('\n')}\n-----END ${LIST_LABEL}-----\n`
}
