import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority, issueCertificate, readAuthority, writeAuthority, writeCertificate } from '#mesh/tls/authority'
import { identityOf } from '#mesh/tls/identity'

const folders: string[] = []
const folder = async (): Promise<string> => {
  folders.push(await mkdtemp(join(tmpdir(), 'configsync-authority-')))
  return folders.at(-1)!
}
afterEach(async () => {
  for (const path of folders.splice(0)) await rm(path, { recursive: true })
})

describe('an authority', () => {
  it('issues certificates that it signed and that name one node', async () => {
    const authority = await createAuthority({ cluster: 'prod' })
    const issued = await issueCertificate({
      authority,
      nodeId: 'node-1',
      hosts: ['edge.example', '10.0.0.7'],
      days: 30,
    })
    const ca = new X509Certificate(authority.certificate)
    const certificate = new X509Certificate(issued.cert)
    expect(ca.ca).toBe(true)
    expect(certificate.ca).toBe(false)
    expect(certificate.checkIssued(ca)).toBe(true)
    expect(certificate.verify(ca.publicKey)).toBe(true)
    expect(identityOf(certificate.subjectAltName)).toEqual({ cluster: 'prod', nodeId: 'node-1' })
    expect(certificate.subjectAltName).toContain('DNS:edge.example')
    expect(certificate.subjectAltName).toContain('IP Address:10.0.0.7')
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(30)
  })

  it('gives every certificate its own serial number and key', async () => {
    const authority = await createAuthority({ cluster: 'prod' })
    const a = await issueCertificate({ authority, nodeId: 'a' })
    const b = await issueCertificate({ authority, nodeId: 'a' })
    expect(new X509Certificate(a.cert).serialNumber).not.toBe(new X509Certificate(b.cert).serialNumber)
    expect(a.key).not.toBe(b.key)
  })

  it('is written for its owner only, leaves nothing aside, and is read back', async () => {
    const path = await folder()
    const authority = await createAuthority({ cluster: 'prod' })
    await writeAuthority(path, authority)
    expect(await readAuthority(path)).toEqual(authority)
    expect((await stat(join(path, 'ca-key.pem'))).mode & 0o777).toBe(0o600)
    const written = await writeCertificate(
      path,
      'n1',
      await issueCertificate({ authority: await readAuthority(path), nodeId: 'n1' }),
    )
    expect((await stat(written.key)).mode & 0o777).toBe(0o600)
    expect((await readdir(path)).sort()).toEqual(['ca-key.pem', 'ca.pem', 'n1-key.pem', 'n1.pem'])
  })

  it('refuses what cannot be used, with a code', async () => {
    const authority = await createAuthority({ cluster: 'prod' })
    const other = await createAuthority({ cluster: 'prod' })
    await expect(createAuthority({ cluster: 'a/b' })).rejects.toMatchObject({ code: 'SETTING_INVALID' })
    await expect(issueCertificate({ authority, nodeId: 'a b' })).rejects.toMatchObject({ code: 'NODE_ID_INVALID' })
    await expect(issueCertificate({ authority, nodeId: 'a', days: 0 })).rejects.toMatchObject({
      code: 'SETTING_INVALID',
    })
    const mixed = { ...authority, key: other.key }
    await expect(issueCertificate({ authority: mixed, nodeId: 'a' })).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
    })
    const path = await folder()
    await expect(readAuthority(path)).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' })
    await writeAuthority(path, authority)
    await writeFile(join(path, 'ca.pem'), 'rubbish')
    await expect(readAuthority(path)).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' })
  })
})

describe('identityOf', () => {
  it('reads the one identity that a subjectAltName has', () => {
    expect(identityOf('DNS:localhost, URI:configsync://prod/node-1, IP Address:127.0.0.1')).toEqual({
      cluster: 'prod',
      nodeId: 'node-1',
    })
  })

  it.each([
    ['nothing', undefined],
    ['no identity', 'DNS:localhost'],
    ['two identities', 'URI:configsync://prod/a, URI:configsync://prod/b'],
    ['an authority', 'URI:configsync://prod'],
    ['a path', 'URI:configsync://prod/a/b'],
    ['another scheme', 'URI:https://prod/a'],
    ['one hidden in a quoted name', 'DNS:"x, URI:configsync://prod/a, y"'],
    ['one hidden behind an escaped quote', 'DNS:"x\\", URI:configsync://prod/a, \\"y"'],
  ])('finds none in %s', (_, text) => {
    expect(identityOf(text)).toBeUndefined()
  })
})
