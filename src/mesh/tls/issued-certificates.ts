import { X509Certificate } from 'node:crypto'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigSyncError } from '#core/errors'
import { serialOf } from './revocations.ts'

/** What an authority has issued, a line each: a certificate that was replaced by a newer one is still valid. */
const FILE = 'issued.jsonl'

interface Issued {
  readonly nodeId: string
  readonly serial: string
  /** ISO 8601 */
  readonly expires: string
}

/** Notes a certificate beside the authority that issued it. @param cert PEM */
export async function noteIssued(folder: string, nodeId: string, cert: string): Promise<void> {
  const { serialNumber, validToDate } = new X509Certificate(cert)
  const line: Issued = { nodeId, serial: serialOf(serialNumber), expires: validToDate.toISOString() }
  await appendFile(join(folder, FILE), `${JSON.stringify(line)}\n`)
}

/**
 * Serial numbers of all certificates of a node that have not expired, as far as they were noted or its file is there.
 * @throws ConfigSyncError CERTIFICATE_INVALID when a file cannot be read, or none of that node is known
 */
export async function serialsOf(folder: string, nodeId: string): Promise<string[]> {
  const serials = new Set<string>()
  const notes = await contentOf(join(folder, FILE))
  for (const line of notes?.split('\n').filter(Boolean) ?? []) {
    const issued = parseNote(line)
    if (issued.nodeId === nodeId && new Date(issued.expires) > new Date()) serials.add(issued.serial)
  }
  const cert = await contentOf(join(folder, `${nodeId}.pem`))
  if (cert !== undefined) serials.add(serialOf(new X509Certificate(cert).serialNumber))
  if (serials.size > 0) return [...serials]
  throw new ConfigSyncError('CERTIFICATE_INVALID', `no certificate of ${nodeId} in ${folder}; give its --serial`)
}

function parseNote(line: string): Issued {
  try {
    return JSON.parse(line) as Issued
  } catch (cause) {
    throw new ConfigSyncError('CERTIFICATE_INVALID', `${FILE} has a line that is no note: ${line.slice(0, 80)}`, {
      cause,
    })
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigSyncError('CERTIFICATE_INVALID', `cannot read ${path}`, { cause })
  }
}
