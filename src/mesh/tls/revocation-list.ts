import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigSyncError } from '#core/errors'
import { type Authority, parseAuthority, validityOf } from './authority.ts'
import { replaceFile } from './replace-file.ts'
import { serialOf } from './revocations.ts'
import { ALGORITHM, listPem, loadX509, pemBody } from './x509.ts'

/** Why a certificate is revoked, of the reasons that RFC 5280 knows. */
export const REVOCATION_REASONS = ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation'] as const
export type RevocationReason = (typeof REVOCATION_REASONS)[number]

export interface RevocationRequest {
  readonly authority: Authority
  /** hexadecimal serial numbers of certificates that this authority issued */
  readonly serials: readonly string[]
  /** what was revoked before, PEM; it stays revoked */
  readonly list?: string | undefined
  readonly reason?: RevocationReason
  /** The list runs out after so many days: nodes then take it no more, but keep what they have of it. Default 3650. */
  readonly days?: number
}

const FILE = 'ca.crl'
const SECOND_MS = 1_000

/**
 * Signs a list that revokes these certificates and everything that the list before it did.
 * @returns PEM, for `CertificateSource.crl`
 * @throws ConfigSyncError CERTIFICATE_INVALID (the authority), REVOCATIONS_INVALID (the list before), SETTING_INVALID (days)
 */
export async function revokeCertificates(request: RevocationRequest): Promise<string> {
  const { authority, serials, reason = 'unspecified', days = 3650 } = request
  const x509 = await loadX509()
  const issuer = await parseAuthority(authority)
  const before = await listBefore(request.list, issuer.certificate.publicKey)
  const now = new Date()
  // In whole seconds, and later than the one before: nodes refuse an older list.
  const thisUpdate = new Date(Math.max(now.getTime(), (before?.thisUpdate.getTime() ?? 0) + SECOND_MS))
  const known = new Set(before?.entries.map(({ serialNumber }) => serialOf(serialNumber)))
  const added = [...new Set(serials.map(serialOf))].filter((serial) => !known.has(serial))
  const list = await x509.X509CrlGenerator.create({
    issuer: issuer.certificate.subject,
    thisUpdate,
    nextUpdate: validityOf(days, now).notAfter,
    signingKey: issuer.key,
    signingAlgorithm: ALGORITHM,
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey)],
    entries: [
      ...(before?.entries ?? []).map(({ serialNumber, revocationDate, reason: why }) => ({
        serialNumber,
        revocationDate,
        ...(why === undefined ? {} : { reason: why }),
      })),
      ...added.map((serialNumber) => ({
        serialNumber: serialNumber.padStart(serialNumber.length + (serialNumber.length % 2), '0'),
        revocationDate: now,
        reason: x509.X509CrlReason[REASON_NAMES[reason]],
      })),
    ],
  })
  return listPem(list.rawData)
}

const REASON_NAMES = {
  unspecified: 'unspecified',
  'key-compromise': 'keyCompromise',
  superseded: 'superseded',
  'cessation-of-operation': 'cessationOfOperation',
} as const satisfies Record<RevocationReason, string>

async function listBefore(pem: string | undefined, publicKey: { readonly rawData: ArrayBuffer }) {
  if (pem === undefined) return undefined
  const x509 = await loadX509()
  try {
    const list = new x509.X509Crl(pemBody(pem))
    if (await list.verify({ publicKey: publicKey as never })) return list
  } catch (cause) {
    throw new ConfigSyncError('REVOCATIONS_INVALID', 'the list before cannot be read', { cause })
  }
  throw new ConfigSyncError('REVOCATIONS_INVALID', 'the list before is of another authority')
}

/** The list in a folder of certificates; undefined when nothing was revoked yet. */
export async function readRevocationList(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, FILE), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigSyncError('REVOCATIONS_INVALID', `cannot read ${join(folder, FILE)}`, { cause })
  }
}

/** Writes `ca.crl` into a folder, in place of the one before. @returns its path */
export async function writeRevocationList(folder: string, list: string): Promise<string> {
  const path = join(folder, FILE)
  await replaceFile(path, list, 0o644)
  return path
}
