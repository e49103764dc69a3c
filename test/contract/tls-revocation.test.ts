import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Authority, type IssuedCertificate, revokeCertificates } from '#mesh/tls/index'
import { authorityOf, certificateOf } from '../support/certificates.ts'
import { eventually, type TlsNode, TlsNodes } from '../support/tls-nodes.ts'

const nodes = new TlsNodes()
const folders: string[] = []
afterEach(async () => {
  await nodes.stop()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

const LIMITS = { certificatePollMs: 20, troubleQuietMs: 0 }
const DAY = 24 * 60 * 60 * 1000

const serial = ({ cert }: IssuedCertificate): string => new X509Certificate(cert).serialNumber
const listOf = async (revoked: IssuedCertificate[], before?: string, signer = 'default'): Promise<string> =>
  revokeCertificates({ authority: await authorityOf('tests', signer), serials: revoked.map(serial), list: before })

/** A node whose list is the file `path`. */
const listening = async (nodeId: string, path: string, join: string[] = []): Promise<TlsNode> =>
  nodes.start(nodeId, { join, certificates: { ...(await certificateOf(nodeId, 'test')), crl: path }, limits: LIMITS })
const plain = async (nodeId: string, join: string[] = []): Promise<TlsNode> =>
  nodes.start(nodeId, { join, certificates: await certificateOf(nodeId, 'test'), limits: LIMITS })

async function listFile(): Promise<string> {
  folders.push(await mkdtemp(join(tmpdir(), 'configsync-revoked-')))
  return join(folders.at(-1)!, 'revoked.crl')
}

describe('a revoked certificate', () => {
  it('is refused, and both sides say so', async () => {
    const path = await listFile()
    await writeFile(path, await listOf([await certificateOf('b', 'test')]))
    const a = await listening('a', path)
    const b = await plain('b', [a.mesh.address])
    await eventually('both say so', () => [a, b].every((node) => node.codes().includes('CERTIFICATE_REVOKED')))
    expect([a.events, b.events]).toEqual([[], []])
  })

  it('is refused when its node was dialled too', async () => {
    const path = await listFile()
    await writeFile(path, await listOf([await certificateOf('b', 'test')]))
    const b = await plain('b')
    const a = await listening('a', path, [b.mesh.address])
    await eventually('both say so', () => [a, b].every((node) => node.codes().includes('CERTIFICATE_REVOKED')))
    expect([a.events, b.events]).toEqual([[], []])
  })

  it('loses its connection as soon as the list is there, without a restart, and the others keep theirs', async () => {
    const path = await listFile()
    const a = await listening('a', path)
    const b = await plain('b', [a.mesh.address])
    const c = await plain('c', [a.mesh.address])
    await eventually('both are in', () => a.mesh.peers().length === 2)
    await writeFile(path, await listOf([await certificateOf('b', 'test')]))
    await eventually('b is out', () => a.events.includes('down b') && b.events.includes('down a'))
    await eventually('both say so', () => [a, b].every((node) => node.codes().includes('CERTIFICATE_REVOKED')))
    expect(a.mesh.peers()).toEqual(['c'])
    expect(c.events).not.toContain('down a')
    a.mesh.broadcast(Buffer.from('between us'))
    await eventually('c hears it', () => c.frames.includes('between us'))
    expect(b.frames).toEqual([])
  })

  it('does not shut out the same node with a new one', async () => {
    const path = await listFile()
    await writeFile(path, await listOf([await certificateOf('b', 'test')]))
    const a = await listening('a', path)
    // Of the same authority, which the cache of this file would not issue again.
    const { issueCertificate } = await import('#mesh/tls/index')
    const authority: Authority = { ...(await authorityOf('tests')), cluster: 'test' }
    const renewed = await issueCertificate({ authority, nodeId: 'b', days: 1 })
    await nodes.start('b', { join: [a.mesh.address], certificates: renewed })
    await eventually('b is in', () => a.events.includes('up b'))
  })

  it('of its own is said', async () => {
    const path = await listFile()
    await writeFile(path, await listOf([await certificateOf('a', 'test')]))
    const a = await listening('a', path)
    await eventually('it is said', () => a.codes().includes('CERTIFICATE_REVOKED'))
  })

  it('of another authority with the same serial number is not meant', async () => {
    const path = await listFile()
    const both = `${(await authorityOf('tests')).certificate}${(await authorityOf('tests', 'another')).certificate}`
    await writeFile(path, await listOf([await certificateOf('b', 'test')], undefined, 'another'))
    const certificates = { ...(await certificateOf('a', 'test')), ca: both, crl: path }
    const a = await nodes.start('a', { certificates })
    await plain('b', [a.mesh.address])
    await eventually('b is in', () => a.events.includes('up b'))
  })
})

describe('a list that cannot be used', () => {
  const broken = async (what: string): Promise<string> => {
    const b = await certificateOf('b', 'test')
    const good = await listOf([b])
    switch (what) {
      case 'forged':
        return listOf([b], undefined, 'another')
      case 'changed':
        return changed(good)
      case 'rubbish':
        return 'rubbish'
      case 'run out':
        return revokeCertificates({ authority: await authorityOf('tests'), serials: [serial(b)], days: 1 / DAY })
      default:
        return ''
    }
  }

  it.each(['forged', 'changed', 'rubbish', 'run out', 'empty'])('%s: a node does not start with it', async (what) => {
    const path = await listFile()
    await writeFile(path, await broken(what))
    await expect(listening('a', path)).rejects.toMatchObject({ code: 'REVOCATIONS_INVALID' })
  })

  it.each(['forged', 'changed', 'rubbish', 'run out', 'empty', 'gone'])(
    '%s: it is said, and the last good one stays in force',
    async (what) => {
      const path = await listFile()
      await writeFile(path, await listOf([await certificateOf('b', 'test')]))
      const a = await listening('a', path)
      if (what === 'gone') await rm(path)
      else await writeFile(path, await broken(what))
      await eventually('it is said', () => a.codes().includes('REVOCATIONS_INVALID'))
      const b = await plain('b', [a.mesh.address])
      await eventually('b is still refused', () => b.codes().includes('CERTIFICATE_REVOKED'))
      expect(a.events).toEqual([])
    },
  )

  it('older than the one in force: it is said, and brings nobody back', async () => {
    const path = await listFile()
    const [b, c] = [await certificateOf('b', 'test'), await certificateOf('c', 'test')]
    const older = await listOf([c])
    await writeFile(path, await listOf([b], older))
    const a = await listening('a', path)
    await writeFile(path, older)
    await eventually('it is said', () => a.codes().includes('REVOCATIONS_INVALID'))
    const out = [await plain('b', [a.mesh.address]), await plain('c', [a.mesh.address])]
    await eventually('both are out', () => out.every((node) => node.codes().includes('CERTIFICATE_REVOKED')))
  })

  it('a renewed certificate is taken all the same', async () => {
    const path = await listFile()
    const a = await listening('a', path)
    await writeFile(path, 'rubbish')
    expect(await a.mesh.reloadCertificates()).toBe(true)
    await eventually('the list is complained of', () => a.codes().includes('REVOCATIONS_INVALID'))
  })
})

/** One bit of the signature. */
function changed(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
  der[der.length - 1]! ^= 1
  return `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`
}
