import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { PacketKind, packetOf } from '#mesh/tls/framing'
import { encodeHello, encodeRefusal, type Hello } from '#mesh/tls/hello'
import type { CertificateSource } from '#mesh/tls/index'
import { certificateOf, expiredCertificateOf } from '../support/certificates.ts'
import { eventually, TlsNodes } from '../support/tls-nodes.ts'

const nodes = new TlsNodes()
afterEach(() => nodes.stop())

const secured = async (nodeId: string, join: string[] = []) =>
  nodes.start(nodeId, { join, certificates: await certificateOf(nodeId, 'test') })

/** Both ends say the code, neither takes the other for a peer, and whoever came is turned away; by both where it refuses too. */
async function expectRefusal(code: string, certificates: CertificateSource, mutual = false): Promise<void> {
  const a = await secured('a')
  const b = await nodes.start('b', { join: [a.mesh.address], certificates })
  await eventually(`both say ${code}`, () => a.codes().includes(code) && b.codes().includes(code))
  await eventually('b is turned away', () => b.refusals.length > 0)
  expect(b.refusals[0]).toEqual({
    by: expect.stringContaining(a.mesh.address),
    code,
    detail: expect.any(String),
    mutual,
  })
  expect([a.events, b.events, a.refusals]).toEqual([[], [], []])
}

describe('the TLS mesh refuses, and says why on both sides', () => {
  it('the certificate of another node', async () => {
    await expectRefusal('IDENTITY_MISMATCH', await certificateOf('c', 'test'))
  })

  it('the certificate of another authority', async () => {
    await expectRefusal('CERTIFICATE_INVALID', await certificateOf('b', 'test', 'another'), true)
  })

  it('the certificate of another authority, when the stranger was dialled', async () => {
    const stranger = await nodes.start('b', { certificates: await certificateOf('b', 'test', 'another') })
    const a = await secured('a', [stranger.mesh.address])
    await eventually('both say so', () => [a, stranger].every((node) => node.codes().includes('CERTIFICATE_INVALID')))
    await eventually(
      'a is turned away, which it cannot know from the stranger being wrong',
      () => a.refusals.length > 1,
    )
    expect(a.refusals[0]).toMatchObject({ code: 'CERTIFICATE_INVALID', mutual: true })
    expect(stranger.refusals).toEqual([])
  })

  it('an expired certificate', async () => {
    await expectRefusal('CERTIFICATE_INVALID', await expiredCertificateOf('b', 'test'))
  })

  it('a certificate for another cluster', async () => {
    await expectRefusal('CLUSTER_MISMATCH', await certificateOf('b', 'elsewhere'))
  })

  it('a node without certificates, which TLS cannot answer in a way that it reads', async () => {
    const a = await secured('a')
    const b = await nodes.start('b', { join: [a.mesh.address] })
    await eventually('a says so', () => a.codes().includes('FRAME_MALFORMED'))
    await eventually('b says so', () => b.codes().includes('PEER_UNREACHABLE'))
    expect(b.troubles[0]!.detail).toContain('uses certificates')
  })

  it('a node with certificates, where there are none', async () => {
    const plain = await nodes.start('a', {})
    const b = await secured('b', [plain.mesh.address])
    await eventually('both say so', () => [plain, b].every((node) => node.codes().includes('FRAME_MALFORMED')))
  })

  it('a TLS client that shows no certificate', async () => {
    const a = await secured('a')
    const { host, port } = a.endpoint
    const received: Buffer[] = []
    const client = connectTls({ host, port, rejectUnauthorized: false }).on('data', (chunk) => received.push(chunk))
    client.on('error', () => {})
    await eventually('the client is told', () => Buffer.concat(received).includes('CERTIFICATE_INVALID'))
    await eventually('the client is cut off', () => client.destroyed)
    expect(a.codes()).toEqual(['CERTIFICATE_INVALID'])
  })

  it('a stranger who refuses in turn, which turns nobody away', async () => {
    const a = await secured('a')
    const refusal = encodeRefusal({ code: 'NODE_DUPLICATE', detail: 'go away' })
    const client = connectTls({ ...a.endpoint, rejectUnauthorized: false }, () => client.write(refusal)).resume()
    client.on('error', () => {})
    await eventually('the client is cut off', () => client.destroyed)
    expect([a.codes(), a.refusals]).toEqual([['CERTIFICATE_INVALID'], []])
  })

  it('a client that speaks no TLS 1.3', async () => {
    const a = await secured('a')
    const { host, port } = a.endpoint
    const client = connectTls({ host, port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    client.on('error', () => {})
    await eventually('the client is cut off', () => client.destroyed)
    await eventually('it is said', () => a.codes().includes('FRAME_MALFORMED'))
  })
})

describe('bytes that are no hello', () => {
  const garbage: Record<string, Buffer> = {
    'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    'random bytes': Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * 131 + 7) & 0xff)),
    'a TLS client': Buffer.from('16030100c8010000c40303', 'hex'),
    'a data packet before the hello': packetOf(PacketKind.data, Buffer.from('x')),
    'a hello that is not JSON': packetOf(PacketKind.hello, Buffer.from('{')),
    'a hello with a nodeId that is none': encodeHello({ ...someHello(), nodeId: 'a b' as Hello['nodeId'] }),
    'a hello with endless addresses': packetOf(
      PacketKind.hello,
      Buffer.from(JSON.stringify({ configsync: 1, ...someHello(), addresses: 'x' })),
    ),
  }

  it.each(Object.keys(garbage))(
    '%s closes that connection with FRAME_MALFORMED and disturbs nothing else',
    async (name) => {
      const a = await nodes.start('a', {})
      const b = await nodes.start('b', { join: [a.mesh.address] })
      await eventually('a and b are connected', () => a.events.includes('up b') && b.events.includes('up a'))
      const client = await clientOf(a.endpoint)
      client.write(garbage[name]!)
      await eventually('it is cut off', () => client.destroyed)
      await eventually('it is said', () => a.codes().includes('FRAME_MALFORMED'))
      b.mesh.broadcast(Buffer.from('still here'))
      await eventually('frames still flow', () => a.frames.includes('still here'))
      expect(a.events).toEqual(['up b'])
    },
  )

  it('a hello over the limit is refused by its length alone', async () => {
    const a = await nodes.start('a', {})
    const client = await clientOf(a.endpoint)
    client.write(Buffer.from([PacketKind.hello, 0x04, 0x00, 0x01]))
    await eventually('it is cut off', () => client.destroyed)
    await eventually('it is said', () => a.codes().includes('FRAME_TOO_LARGE'))
  })

  it('a hello of another protocol version is refused with FRAME_VERSION', async () => {
    const a = await nodes.start('a', {})
    const client = await clientOf(a.endpoint)
    client.write(packetOf(PacketKind.hello, Buffer.from(JSON.stringify({ ...someHello(), configsync: 99 }))))
    await eventually('it is said', () => a.codes().includes('FRAME_VERSION'))
  })

  it('a frame over the limit cuts that peer off', async () => {
    const a = await nodes.start('a', {})
    const client = await openPeer(a.endpoint)
    await eventually('up', () => a.events.includes('up z'))
    client.write(Buffer.from([PacketKind.data, 0x20, 0x00, 0x01]))
    await eventually('it is cut off', () => client.destroyed && a.events.includes('down z'))
    await eventually('it is said', () => a.codes().includes('FRAME_TOO_LARGE'))
  })

  it('garbage and plain bytes at a TLS port disturb nothing', async () => {
    const a = await secured('a')
    const b = await secured('b', [a.mesh.address])
    await eventually('a and b are connected', () => a.events.includes('up b') && b.events.includes('up a'))
    const client = await clientOf(a.endpoint)
    client.write(garbage['an HTTP request']!)
    await eventually('it is cut off', () => client.destroyed)
    await eventually('it is said', () => a.codes().includes('FRAME_MALFORMED'))
    b.mesh.broadcast(Buffer.from('still here'))
    await eventually('frames still flow', () => a.frames.includes('still here'))
  })

  it('whoever connects and says nothing is cut off at the deadline', async () => {
    const a = await nodes.start('a', { limits: { greetingDeadlineMs: 100 } })
    const client = await clientOf(a.endpoint)
    await eventually('it is cut off', () => client.destroyed)
    expect(a.codes()).toEqual(['FRAME_MALFORMED'])
  })

  it('whoever begins TLS and does not go on is cut off at the deadline too, and holds no place', async () => {
    const a = await nodes.start('a', {
      certificates: await certificateOf('a', 'test'),
      limits: { greetingsMax: 2, greetingDeadlineMs: 100 },
    })
    const silent = await Promise.all([clientOf(a.endpoint), clientOf(a.endpoint)])
    silent[0]!.write(Buffer.of(0x16, 3, 1))
    await eventually('both are cut off', () => silent.every((client) => client.destroyed))
    expect(a.codes()).toEqual(['FRAME_MALFORMED'])
    const b = await secured('b', [a.mesh.address])
    await eventually('b gets in', () => b.events.includes('up a'))
  })

  it('no more than the limit may wait to be greeted, and members still get in afterwards', async () => {
    const a = await nodes.start('a', { limits: { greetingsMax: 4, greetingDeadlineMs: 300 } })
    const silent = await Promise.all(Array.from({ length: 10 }, () => clientOf(a.endpoint)))
    await eventually('six are closed', () => silent.filter((client) => client.destroyed).length >= 6)
    expect(a.codes()).toContain('CONNECTIONS_LIMIT')
    const b = await nodes.start('b', { join: [a.mesh.address] })
    await eventually('b gets in', () => b.events.includes('up a'))
  })

  it('the same trouble from the same place is said once', async () => {
    const a = await nodes.start('a', {})
    for (let i = 0; i < 5; i++) {
      const client = await clientOf(a.endpoint)
      client.write(garbage['random bytes']!)
      await eventually('it is cut off', () => client.destroyed)
    }
    expect(a.codes()).toEqual(['FRAME_MALFORMED'])
  })
})

describe('what the system refuses', () => {
  it('a port that is taken: PORT_TAKEN', async () => {
    const a = await nodes.start('a', {})
    await expect(nodes.start('b', { listen: a.mesh.address })).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  })

  it('an address of another machine: LISTEN_FAILED', async () => {
    const certificates = await certificateOf('a', 'test')
    await expect(nodes.start('a', { listen: '192.0.2.1:0', certificates })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
    })
  })

  it.each([
    ['listen', { listen: '0.0.0.0:0' }],
    ['join', { join: ['10.0.0.1:4101'] }],
    ['advertise', { advertise: 'edge.example:4101' }],
  ])('%s beyond loopback without certificates: CERTIFICATE_REQUIRED', async (_, options) => {
    await expect(nodes.start('a', options)).rejects.toMatchObject({ code: 'CERTIFICATE_REQUIRED' })
  })

  it.each([['127.0.0.1'], ['127.0.0.1:70000'], ['[::1:80'], ['a b:80'], ['']])(
    '"%s" is no address: SETTING_INVALID',
    async (listen) => {
      await expect(nodes.start('a', { listen })).rejects.toMatchObject({ code: 'SETTING_INVALID' })
    },
  )

  it('certificates that cannot be read, or do not fit each other: CERTIFICATE_INVALID', async () => {
    const good = await certificateOf('a', 'test')
    const other = await certificateOf('b', 'test')
    const bad = [
      { ...good, cert: '/nowhere/a.pem' },
      { ...good, key: other.key },
      { ...good, ca: '-----BEGIN rubbish' },
    ]
    for (const certificates of bad)
      await expect(nodes.start('a', { certificates })).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' })
  })

  it('a join address that nobody answers is said once, and met when it is there', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    await new Promise((resolve) => silent.close(resolve))
    const a = await nodes.start('a', {
      join: [`127.0.0.1:${port}`],
      limits: { unreachableAfterMs: 50, redialMostMs: 100 },
    })
    await eventually('it is said', () => a.codes().includes('PEER_UNREACHABLE'))
    await nodes.start('b', { listen: `127.0.0.1:${port}` })
    await eventually('it is met', () => a.events.includes('up b'))
    expect(a.codes()).toEqual(['PEER_UNREACHABLE'])
  })

  it('a join address that accepts and says nothing does not hold the dial loop up', async () => {
    const held: Socket[] = []
    const silent = createServer((socket) => held.push(socket.on('error', () => {})))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const b = await secured('b')
    const a = await nodes.start('a', {
      join: [`127.0.0.1:${port}`, b.mesh.address],
      certificates: await certificateOf('a', 'test'),
      limits: { dialDeadlineMs: 100 },
    })
    await eventually('the other is met', () => a.events.includes('up b'))
    await eventually('it is dialled again and again', () => held.length >= 3)
    await a.mesh.stop()
    for (const socket of held) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })
})

function someHello(): Hello {
  return {
    nodeId: 'z',
    runId: 'feedfeedfeedfeed',
    cluster: 'test',
    address: '',
    addresses: [],
    dial: 1,
  } as unknown as Hello
}

async function clientOf(endpoint: { host: string; port: number }): Promise<Socket> {
  const client = connectTcp(endpoint)
  client.on('error', () => {}).resume()
  await new Promise((resolve) => client.once('connect', resolve))
  return client
}

/** A hand-made peer that speaks just enough to be let in. */
async function openPeer(endpoint: { host: string; port: number }): Promise<Socket> {
  const client = await clientOf(endpoint)
  client.write(Buffer.concat([encodeHello(someHello()), packetOf(PacketKind.accept, Buffer.alloc(0))]))
  return client
}
