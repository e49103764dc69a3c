import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeId } from '#core/identity'
import { PacketKind, PacketReader, packetOf } from '#mesh/tls/framing'
import { decodeHello, encodeHello, type Hello } from '#mesh/tls/hello'
import { certificateOf, expiredCertificateOf } from '../support/certificates.ts'
import { eventually, type TlsNode, TlsNodes } from '../support/tls-nodes.ts'

const nodes = new TlsNodes()
const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
  await nodes.stop()
})

const EMPTY = Buffer.alloc(0)
const FILLER = Buffer.alloc(64 * 1024, 7)

describe('links between TLS meshes', () => {
  it('one known address is enough: the book travels in the hello', async () => {
    const secured = async (nodeId: string, addresses: string[]) =>
      nodes.start(nodeId, { join: addresses, certificates: await certificateOf(nodeId, 'test') })
    const a = await secured('a', [])
    const b = await secured('b', [a.mesh.address])
    await eventually('a and b', () => a.events.includes('up b'))
    const c = await secured('c', [b.mesh.address])
    await eventually('c meets both', () => c.events.length === 2 && a.events.includes('up c'))
    expect(c.events.toSorted()).toEqual(['up a', 'up b'])
  })

  it('connecting to oneself is noticed and left, without a word', async () => {
    const a = await nodes.start('a', {})
    const alias = `localhost:${a.endpoint.port}`
    const b = await nodes.start('b', { join: [a.mesh.address] })
    a.mesh.learnAddresses([alias, a.mesh.address])
    await eventually('a and b are connected', () => a.events.includes('up b') && b.events.includes('up a'))
    b.mesh.learnAddresses([alias])
    b.mesh.broadcast(Buffer.from('x'))
    await eventually('frames flow', () => a.frames.includes('x'))
    expect([a.events, a.codes(), b.events, b.codes()]).toEqual([['up b'], [], ['up a'], []])
  })

  it('say when a watched frame has left the process: at once, or when a peer that was slow has read', async () => {
    const [a, b] = [await nodes.start('a', {}), await nodes.start('b', {})]
    b.mesh.learnAddresses([a.mesh.address])
    await eventually('they meet', () => a.events.length > 0)
    const left: string[] = []
    const watched = (name: string) => ({ to: 'b' as NodeId, onTurn: () => {}, onLeft: () => left.push(name) })
    a.mesh.broadcast(Buffer.from('first'), watched('first'))
    a.mesh.broadcast(Buffer.from('to nobody'), {
      to: 'c' as NodeId,
      onTurn: () => {},
      onLeft: () => left.push('to nobody'),
    })
    for (let i = 0; i < 20; i++) a.mesh.broadcast(FILLER)
    a.mesh.broadcast(Buffer.from('last'), watched('last'))
    expect(left).toEqual([])
    await eventually('both left', () => left.length === 2)
    expect(left).toEqual(['first', 'last'])
    await eventually('all came', () => b.frames.at(-1) === 'last')
  })

  it('of two connections between one pair one stays, and no frame is lost meanwhile', async () => {
    const [a, b] = await Promise.all([nodes.start('a', {}), nodes.start('b', {})])
    a.mesh.learnAddresses([b.mesh.address])
    b.mesh.learnAddresses([a.mesh.address])
    await eventually('they meet', () => a.events.length > 0 && b.events.length > 0)
    const before = socketsOpen()
    for (let i = 0; i < 200; i++) {
      a.mesh.broadcast(Buffer.from(`a${i}`))
      b.mesh.broadcast(Buffer.from(`b${i}`))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await eventually('all frames', () => a.frames.length === 200 && b.frames.length === 200)
    await eventually('one connection, seen from both ends', () => socketsOpen() <= Math.min(before, 2))
    expect([a.events, b.events]).toEqual([['up b'], ['up a']])
  })

  it('a node that comes back at the same address is met again', async () => {
    const a = await nodes.start('a', {})
    const b = await nodes.start('b', { join: [a.mesh.address] })
    await eventually('they meet', () => a.events.includes('up b'))
    const { address } = b.mesh
    await b.mesh.stop()
    await eventually('b is gone', () => a.events.includes('down b'))
    await nodes.start('b', { listen: address })
    await eventually('b is back', () => a.events.filter((event) => event === 'up b').length === 2)
  })

  it('a peer that does not read is cut off at the bound, and others still hear', async () => {
    const a = await nodes.start('a', { limits: { queueBytesMax: 256 * 1024 } })
    const b = await nodes.start('b', { join: [a.mesh.address] })
    const deaf = await handMade(a, { silent: true })
    await eventually('both are up', () => a.events.length === 2)
    deaf.pause()
    await eventually('it is cut off', () => {
      if (a.mesh.peers().includes('z' as NodeId)) a.mesh.send('z' as NodeId, FILLER)
      return a.codes().includes('PEER_SLOW') && a.events.includes('down z')
    })
    a.mesh.broadcast(Buffer.from('go on'))
    await eventually('b hears', () => b.frames.includes('go on'))
  })

  it('a connection that is silent is asked, and cut off when it does not answer', async () => {
    const limits = { sweepMs: 20, pingAfterSweeps: 2, silentAfterSweeps: 6 }
    const a = await nodes.start('a', { limits })
    const b = await nodes.start('b', { join: [a.mesh.address], limits })
    await handMade(a, { silent: true })
    await eventually('it is up', () => a.events.includes('up z'))
    await eventually('it is cut off', () => a.events.includes('down z'))
    expect(a.codes()).toContain('PEER_UNREACHABLE')
    expect([a.mesh.peers(), b.events]).toEqual([['b'], ['up a']])
  })

  it('a second run is let in when the first does not answer, and refused when it does', async () => {
    const a = await nodes.start('a', { limits: { probeDeadlineMs: 100 } })
    const first = await handMade(a, { silent: true })
    await eventually('the first is up', () => a.events.includes('up z'))
    const second = await handMade(a, { silent: false, runId: '00000000000000bb' })
    await eventually('the second is in its place', () => a.events.join() === 'up z,down z,up z')
    await eventually('the first is cut off', () => first.destroyed)
    const third = await handMade(a, { silent: false, runId: '00000000000000cc' })
    await eventually('the third is refused', () => third.destroyed && a.codes().includes('NODE_DUPLICATE'))
    expect([second.destroyed, a.events.length]).toEqual([false, 3])
  })

  it('a twin that dials the first of its name is refused by it', async () => {
    const a = await nodes.start('a', {})
    const twin = await nodes.start('a', { join: [a.mesh.address] })
    await eventually('both say so', () => [a, twin].every((node) => node.codes().includes('NODE_DUPLICATE')))
    expect([a.events, twin.events]).toEqual([[], []])
  })
})

describe('renewal of certificates', () => {
  const write = async (folder: string, { cert, key, ca }: { cert: string; key: string; ca: string }) => {
    const paths = { cert: join(folder, 'node.pem'), key: join(folder, 'key.pem'), ca: join(folder, 'ca.pem') }
    await Promise.all([writeFile(paths.cert, cert), writeFile(paths.key, key), writeFile(paths.ca, ca)])
    return paths
  }
  const temporary = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'configsync-renewal-'))
    cleanups.push(() => rm(folder, { recursive: true }))
    return folder
  }

  it('changed files are picked up without a restart: a node that was refused gets in', async () => {
    const a = await nodes.start('a', { certificates: await certificateOf('a', 'test') })
    const folder = await temporary()
    const certificates = await write(folder, await expiredCertificateOf('b', 'test'))
    const b = await nodes.start('b', { join: [a.mesh.address], certificates, limits: { certificatePollMs: 20 } })
    await eventually('b is refused', () => b.codes().includes('CERTIFICATE_INVALID'))
    await write(folder, await certificateOf('b', 'test'))
    await eventually('b gets in', () => b.events.includes('up a') && a.events.includes('up b'))
  })

  it('a listening node serves the renewed certificate to new connections, and keeps the old ones up', async () => {
    const folder = await temporary()
    const certificates = await write(folder, await certificateOf('a', 'test'))
    const a = await nodes.start('a', { certificates })
    const b = await nodes.start('b', { join: [a.mesh.address], certificates: await certificateOf('b', 'test') })
    await eventually('b is in', () => a.events.includes('up b') && b.events.includes('up a'))
    await write(folder, await certificateOf('a', 'test', 'another'))
    expect(await a.mesh.reloadCertificates()).toBe(true)
    const other = await certificateOf('c', 'test', 'another')
    const c = await nodes.start('c', { join: [a.mesh.address], certificates: other })
    await eventually('c is in', () => c.events.includes('up a'))
    expect(b.events).toEqual(['up a'])
  })

  it('a renewal that cannot be used is said, and the old certificate stays', async () => {
    const folder = await temporary()
    const certificates = await write(folder, await certificateOf('a', 'test'))
    const a = await nodes.start('a', { certificates, limits: { troubleQuietMs: 0 } })
    await writeFile(certificates.cert, 'rubbish')
    expect(await a.mesh.reloadCertificates()).toBe(false)
    await write(folder, await certificateOf('b', 'test'))
    expect(await a.mesh.reloadCertificates()).toBe(false)
    await eventually('both are said', () => a.codes().join() === 'CERTIFICATE_INVALID,IDENTITY_MISMATCH')
    const b = await nodes.start('b', { join: [a.mesh.address], certificates: await certificateOf('b', 'test') })
    await eventually('b is in', () => a.events.includes('up b') && b.events.includes('up a'))
  })
})

/** A hand-made peer named z that greets as it should; a silent one then answers nothing. */
async function handMade(
  node: TlsNode,
  { silent, runId = '00000000000000aa' }: { silent: boolean; runId?: string },
): Promise<Socket> {
  const socket = connect(node.endpoint)
  cleanups.push(() => socket.destroy())
  const reader = new PacketReader({
    bytesMaxOf: () => 2 ** 24,
    onPacket: (kind, payload) => {
      if (kind === PacketKind.hello) expect(decodeHello(payload)).toMatchObject({ cluster: 'test' })
      if (kind === PacketKind.ping && !silent) socket.write(packetOf(PacketKind.pong, EMPTY))
    },
    onViolation: () => {},
  })
  socket.on('error', () => {}).on('data', (chunk) => reader.push(chunk as Buffer))
  const hello = { nodeId: 'z', runId, cluster: 'test', address: '', addresses: [], dial: 1 } as unknown as Hello
  socket.write(Buffer.concat([encodeHello(hello), packetOf(PacketKind.accept, EMPTY)]))
  return socket
}

const socketsOpen = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
