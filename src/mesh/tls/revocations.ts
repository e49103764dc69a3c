import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigSyncError } from '#core/errors'
import type { Refusal } from './hello.ts'
import { LIST_PEM, loadX509, pemBody } from './x509.ts'

/** One authority's list: what it has revoked, and when it said so. */
interface RevocationList {
  readonly authority: X509Certificate
  readonly saidAt: Date
  /** by serial number, as `serialOf` writes it */
  readonly revoked: ReadonlyMap<string, Date>
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Hexadecimal, in one form: libraries differ in case and in leading zeros. */
export const serialOf = (hex: string): string => hex.toLowerCase().replace(/^0+/, '')

/**
 * The certificates that are let in no more: X.509 revocation lists, signed by the authorities whose nodes are let in. They
 * are judged here and not by OpenSSL, which would cut off everybody when a list runs out, and say no reason.
 */
export class Revocations {
  readonly #source: string | undefined
  #lists: readonly RevocationList[] = []

  /** @param source PEM text or the path of a PEM file; a file that is not there yet revokes nothing */
  constructor(source: string | undefined) {
    this.#source = source
  }

  /**
   * Reads the lists again. Those in force stay where that fails: nothing that was revoked comes back.
   * @param ca the authorities whose lists count, PEM
   * @throws ConfigSyncError REVOCATIONS_INVALID: unreadable, gone, forged, of another authority, run out, or older than what
   *   is in force
   */
  async load(ca: string): Promise<void> {
    if (this.#source === undefined) return
    const authorities = (ca.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem))
    const text = await textOf(this.#source)
    const lists = text === undefined ? [] : await Promise.all(listsIn(text).map((pem) => listOf(pem, authorities)))
    for (const inForce of this.#lists) requireSuccessor(inForce, lists, authorities)
    this.#lists = lists
  }

  /** Why a certificate is let in no more, or undefined when it is. */
  refusalOf(certificate: X509Certificate): Refusal | undefined {
    const serial = serialOf(certificate.serialNumber)
    for (const { authority, revoked } of this.#lists) {
      const at = revoked.get(serial)
      if (at === undefined || !certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) continue
      const detail = `the certificate ${serial} was revoked ${at.toISOString()}; subject ${certificate.subject}`
      return { code: 'CERTIFICATE_REVOKED', detail }
    }
    return undefined
  }
}

async function textOf(source: string): Promise<string | undefined> {
  if (source.trimStart().startsWith('-----BEGIN')) return source
  try {
    return await readFile(source, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw invalid(`cannot read ${source}`, cause)
  }
}

function listsIn(text: string): readonly string[] {
  return text.match(LIST_PEM) ?? invalidate('the file holds no revocation list')
}

/** Reads one list, and takes nothing from it that its authority has not signed. */
async function listOf(pem: string, authorities: readonly X509Certificate[]): Promise<RevocationList> {
  const x509 = await loadX509()
  try {
    const list = new x509.X509Crl(pemBody(pem))
    const authority = await signerOf(list, authorities)
    if (authority === undefined) return invalidate(`the list of "${list.issuer}" is signed by no authority in use`)
    if (list.nextUpdate !== undefined && list.nextUpdate < new Date())
      return invalidate(`the list of "${list.issuer}" ran out ${list.nextUpdate.toISOString()}`)
    const revoked = new Map(list.entries.map((entry) => [serialOf(entry.serialNumber), entry.revocationDate]))
    return { authority, saidAt: list.thisUpdate, revoked }
  } catch (cause) {
    throw cause instanceof ConfigSyncError ? cause : invalid('the revocation list cannot be read', cause)
  }
}

/** The authority that signed the list, whatever the list says of its issuer. */
async function signerOf(
  list: { verify(params: { publicKey: never }): Promise<boolean> },
  authorities: readonly X509Certificate[],
): Promise<X509Certificate | undefined> {
  const x509 = await loadX509()
  for (const authority of authorities) {
    const { publicKey } = new x509.X509Certificate(authority.toString())
    // A key of another kind cannot even be tried.
    const signed = await list.verify({ publicKey: publicKey as never }).catch(() => false)
    if (authority.ca && signed) return authority
  }
  return undefined
}

/** Whoever can only replace the file must not bring a revoked certificate back by an older list, or by none. */
function requireSuccessor(
  inForce: RevocationList,
  lists: readonly RevocationList[],
  authorities: readonly X509Certificate[],
): void {
  const same = (authority: X509Certificate): boolean => authority.fingerprint256 === inForce.authority.fingerprint256
  if (!authorities.some(same)) return
  const next = lists.find(({ authority }) => same(authority))
  if (next === undefined) invalidate('the list in force is gone')
  else if (next.saidAt < inForce.saidAt)
    invalidate(`the list is of ${next.saidAt.toISOString()}, older than the one in force`)
}

function invalidate(what: string): never {
  throw new ConfigSyncError('REVOCATIONS_INVALID', what)
}

const invalid = (what: string, cause: unknown): ConfigSyncError =>
  new ConfigSyncError('REVOCATIONS_INVALID', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  })
