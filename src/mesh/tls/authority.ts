import { randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { ConfigSyncError } from '#core/errors'
import { isNodeId } from '#core/identity'
import { clusterOf, clusterUri, identityUri, isClusterName } from './identity.ts'
import { replaceFile } from './replace-file.ts'
import { ALGORITHM, loadX509, pemBody } from './x509.ts'

/** What signs the certificates of one cluster. Whoever has the key can be any node of it. */
export interface Authority {
  readonly cluster: string
  /** PEM */
  readonly certificate: string
  /** PEM, PKCS #8 */
  readonly key: string
}

/** One node's certificate and key, and the authority by which it judges others: PEM, ready for `TlsMesh`. */
export interface IssuedCertificate {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

export interface CertificateRequest {
  readonly authority: Authority
  readonly nodeId: string
  /** Valid from an hour ago, for machines whose clocks disagree, to this many days from now. Default 365. */
  readonly days?: number
  /** Host names and IP addresses to carry besides the identity, for tools that check them. ConfigSync does not. */
  readonly hosts?: readonly string[]
  /** The moment that the days count from; default now. */
  readonly now?: Date
}

const DAY_MS = 24 * 60 * 60 * 1000
const HOUR_MS = 60 * 60 * 1000
/** RFC 5280 bounds a common name; the identity is in the subjectAltName, this is for people. */
const COMMON_NAME_MAX = 64
const DAYS_MAX = 36_500

/**
 * Makes the authority of a cluster: a P-256 key and a certificate that signs its own.
 * @param options.days how long it is valid, default 3650
 * @throws ConfigSyncError SETTING_INVALID when the cluster's name or the days are not usable
 */
export async function createAuthority(options: {
  readonly cluster: string
  readonly days?: number
}): Promise<Authority> {
  const { cluster, days = 3650 } = options
  requireCluster(cluster)
  const validity = validityOf(days, new Date())
  const x509 = await loadX509()
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: randomSerial(),
    name: [{ CN: [`configsync ${cluster}`.slice(0, COMMON_NAME_MAX)] }],
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: clusterUri(cluster) }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cluster, certificate: pemOf(certificate), key: await exportKey(keys.privateKey) }
}

/**
 * Makes a node's key and certificate, whose URI name `configsync://<cluster>/<nodeId>` is its identity in the mesh.
 * @throws ConfigSyncError NODE_ID_INVALID, SETTING_INVALID (days), CERTIFICATE_INVALID (the authority cannot be used)
 */
export async function issueCertificate(request: CertificateRequest): Promise<IssuedCertificate> {
  const { authority, nodeId, days = 365, hosts = [], now = new Date() } = request
  if (!isNodeId(nodeId)) throw new ConfigSyncError('NODE_ID_INVALID', `"${String(nodeId).slice(0, 200)}" is no nodeId`)
  requireCluster(authority.cluster)
  const validity = validityOf(days, now)
  const x509 = await loadX509()
  const keys = await generateKeys()
  const issuer = await parseAuthority(authority)
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    serialNumber: randomSerial(),
    subject: [{ CN: [nodeId.slice(0, COMMON_NAME_MAX)] }],
    issuer: issuer.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: identityUri({ cluster: authority.cluster, nodeId }) },
        ...hosts.map((host) => ({ type: isIP(host) ? ('ip' as const) : ('dns' as const), value: host })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: pemOf(certificate), key: await exportKey(keys.privateKey), ca: authority.certificate }
}

/** Writes `ca.pem` and `ca-key.pem` (readable by their owner only) into a folder, in place of any that are there. */
export async function writeAuthority(
  folder: string,
  authority: Authority,
): Promise<{ certificate: string; key: string }> {
  const paths = { certificate: join(folder, 'ca.pem'), key: join(folder, 'ca-key.pem') }
  await mkdir(folder, { recursive: true })
  await replaceFile(paths.key, authority.key, 0o600)
  await replaceFile(paths.certificate, authority.certificate, 0o644)
  return paths
}

/**
 * Reads what `writeAuthority` wrote.
 * @throws ConfigSyncError CERTIFICATE_INVALID when a file is missing or unreadable, the two do not belong together, or
 *   they are no authority of ConfigSync's
 */
export async function readAuthority(folder: string): Promise<Authority> {
  const [certificate, key] = await Promise.all([readPem(join(folder, 'ca.pem')), readPem(join(folder, 'ca-key.pem'))])
  const cluster = clusterOf(parseCertificate(certificate, folder).subjectAltName)
  if (cluster === undefined)
    throw new ConfigSyncError('CERTIFICATE_INVALID', `${join(folder, 'ca.pem')} names no cluster of ConfigSync`)
  const authority = { cluster, certificate, key }
  await parseAuthority(authority)
  return authority
}

/** Writes `<nodeId>.pem` and `<nodeId>-key.pem` (readable by its owner only) into a folder, in place of any there. */
export async function writeCertificate(
  folder: string,
  nodeId: string,
  issued: IssuedCertificate,
): Promise<{ cert: string; key: string }> {
  const paths = { cert: join(folder, `${nodeId}.pem`), key: join(folder, `${nodeId}-key.pem`) }
  await mkdir(folder, { recursive: true })
  await replaceFile(paths.key, issued.key, 0o600)
  await replaceFile(paths.cert, issued.cert, 0o644)
  return paths
}

/** The certificate and the key of an authority, which belong together. @throws ConfigSyncError CERTIFICATE_INVALID */
export async function parseAuthority(authority: Authority) {
  const x509 = await loadX509()
  try {
    const der = pemBody(authority.key)
    const key = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
    const certificate = new x509.X509Certificate(authority.certificate)
    await requirePair(certificate.publicKey.rawData, key)
    return { certificate, key }
  } catch (cause) {
    throw new ConfigSyncError(
      'CERTIFICATE_INVALID',
      `the authority of ${authority.cluster} cannot sign: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

async function requirePair(publicKey: ArrayBuffer, key: webcrypto.CryptoKey): Promise<void> {
  const probe = randomBytes(16)
  const verifier = await webcrypto.subtle.importKey('spki', publicKey, ALGORITHM, false, ['verify'])
  const signature = await webcrypto.subtle.sign(ALGORITHM, key, probe)
  if (!(await webcrypto.subtle.verify(ALGORITHM, verifier, signature, probe)))
    throw new Error('key and certificate differ')
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

const pemOf = (certificate: { toString(format: 'pem'): string }): string => `${certificate.toString('pem').trimEnd()}\n`
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** 127 random bits, positive and without a leading zero octet, as RFC 5280 wants them. */
function randomSerial(): string {
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return serial.toString('hex')
}

/** @throws ConfigSyncError SETTING_INVALID */
export function validityOf(days: number, now: Date): { notBefore: Date; notAfter: Date } {
  if (!Number.isFinite(days) || days <= 0 || days > DAYS_MAX)
    throw new ConfigSyncError('SETTING_INVALID', `a certificate is valid for up to ${DAYS_MAX} days, not ${days}`)
  return { notBefore: new Date(now.getTime() - HOUR_MS), notAfter: new Date(now.getTime() + days * DAY_MS) }
}

function requireCluster(cluster: string): void {
  if (!isClusterName(cluster))
    throw new ConfigSyncError(
      'SETTING_INVALID',
      `cluster "${String(cluster).slice(0, 200)}": use 1 to 128 ASCII letters, digits, dots, underscores or hyphens`,
    )
}

function parseCertificate(pem: string, where: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new ConfigSyncError('CERTIFICATE_INVALID', `${where}: ${messageOf(cause)}`, { cause })
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigSyncError('CERTIFICATE_INVALID', `cannot read ${path}: ${messageOf(cause)}`, { cause })
  }
}
