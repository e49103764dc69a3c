import { constants, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { ConfigSyncError } from '#core/errors'
import type { MeshIdentity } from '../mesh.ts'
import type { Refusal } from './hello.ts'
import { identityOf } from './identity.ts'

/** Each either PEM text or the path of a PEM file. Files are looked at again every few seconds. */
export interface CertificateSource {
  /** this node's certificate, followed by the chain up to the authority where there is one */
  readonly cert: string
  readonly key: string
  /** the authorities whose nodes are let in */
  readonly ca: string
  /** their revocation lists (X.509, `configsync cert revoke`); a file that is not there yet revokes nothing */
  readonly crl?: string | undefined
}

/** Certificates that were read, and can be used as far as reading them can tell. */
export interface Credentials {
  readonly options: SecureContextOptions
  readonly context: SecureContext
  readonly certificate: X509Certificate
  /** PEM */
  readonly ca: string
}

/** @throws ConfigSyncError CERTIFICATE_INVALID that names the file, or says what does not fit */
export async function loadCredentials(source: CertificateSource): Promise<Credentials> {
  const [cert, key, ca] = await Promise.all([
    pemOf('cert', source.cert),
    pemOf('key', source.key),
    pemOf('ca', source.ca),
  ])
  const certificate = parse('cert', source.cert, cert)
  parse('ca', source.ca, ca)
  // Tickets would let a peer come back without its certificate being looked at again.
  const options: SecureContextOptions = {
    cert,
    key,
    ca,
    minVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
  try {
    return { options, context: createSecureContext(options), certificate, ca }
  } catch (cause) {
    throw invalid(`key ${nameOf(source.key)} and cert ${nameOf(source.cert)} cannot be used together`, cause)
  }
}

/** What keeps a node from being let in with its own certificate; a renewal of the files can mend each. */
export function problemOf({ certificate }: Credentials, own: MeshIdentity, now: Date): Refusal | undefined {
  const identity = identityOf(certificate.subjectAltName)
  if (identity === undefined)
    return { code: 'CERTIFICATE_INVALID', detail: 'own certificate has no single configsync:// name' }
  if (identity.cluster !== own.cluster)
    return {
      code: 'CLUSTER_MISMATCH',
      detail: `own certificate is for cluster ${identity.cluster}, this node is in ${own.cluster}`,
    }
  if (identity.nodeId !== own.nodeId)
    return {
      code: 'IDENTITY_MISMATCH',
      detail: `own certificate is for ${identity.nodeId}, this node is ${own.nodeId}`,
    }
  if (certificate.validToDate < now)
    return { code: 'CERTIFICATE_INVALID', detail: `own certificate expired ${certificate.validTo}` }
  if (certificate.validFromDate > now)
    return { code: 'CERTIFICATE_INVALID', detail: `own certificate is not valid before ${certificate.validFrom}` }
  return undefined
}

/** Looks at the files behind a source and says once when they have changed and then rested for one look. */
export class CertificateWatch {
  readonly #paths: readonly string[]
  readonly #changed: () => void
  readonly #timer: NodeJS.Timeout | undefined
  #used = ''
  #seen = ''

  /** @param pollMs between two looks */
  constructor(source: CertificateSource, pollMs: number, changed: () => void) {
    this.#paths = Object.values(source).filter((text: string | undefined) => text !== undefined && !isPem(text))
    this.#changed = changed
    if (this.#paths.length === 0) return
    this.#timer = setInterval(() => void this.#look(), pollMs).unref()
  }

  /** The files are being read now: only what changes from here on is a change. */
  async rest(): Promise<void> {
    this.#used = this.#seen = await this.#fingerprint()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const fingerprint = await this.#fingerprint()
    const settled = fingerprint === this.#seen
    this.#seen = fingerprint
    if (!settled || fingerprint === this.#used) return
    this.#used = fingerprint
    this.#changed()
  }

  async #fingerprint(): Promise<string> {
    const stats = await Promise.all(this.#paths.map((path) => stat(path).catch(() => undefined)))
    return stats.map((file) => (file === undefined ? 'none' : `${file.ino} ${file.size} ${file.mtimeMs}`)).join(', ')
  }
}

const isPem = (text: string): boolean => text.trimStart().startsWith('-----BEGIN')
const nameOf = (source: string): string => (isPem(source) ? '(given as text)' : source)

async function pemOf(what: string, source: string): Promise<string> {
  if (isPem(source)) return source
  try {
    return await readFile(source, 'utf8')
  } catch (cause) {
    throw invalid(`cannot read ${what} ${source}`, cause)
  }
}

function parse(what: string, source: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw invalid(`${what} ${nameOf(source)} is no certificate`, cause)
  }
}

const invalid = (what: string, cause: unknown): ConfigSyncError =>
  new ConfigSyncError('CERTIFICATE_INVALID', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  })
