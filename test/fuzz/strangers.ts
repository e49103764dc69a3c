import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { encodeFrame } from '#codec/frame'
import type { Message } from '#core/protocol'
import { ACCEPT, PacketKind, PING, packetOf } from '#mesh/tls/framing'
import { encodeHello, type Hello } from '#mesh/tls/hello'
import { message } from '../properties/codec-arbitraries.ts'
import { resealed } from '../support/frames.ts'
import { mutated, mutation } from './mutations.ts'

/** What somebody does who connects: the bytes, and whether the connection is then ended, broken off or left alone. */
export interface Visit {
  readonly what: string
  readonly credentials: 'none' | 'tls' | 'foreign' | 'member'
  readonly bytes: Uint8Array
  readonly ending: 'end' | 'reset' | 'stay'
}

export interface Pem {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

const bytes = fc.uint8Array({ maxLength: 600 })
const CLIENT_HELLO = Buffer.from(
  '16030100c8010000c40303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff0062130213031301',
  'hex',
)

export const STRANGER_HELLO = {
  nodeId: 'z',
  runId: 'feedfeedfeedfeed',
  cluster: 'test',
  address: '',
  addresses: [],
  dial: 1,
} as unknown as Hello
const HELLO = encodeHello(STRANGER_HELLO)

/** Before the handshake of TLS, or without one. */
export const knock: fc.Arbitrary<Visit> = fc.record({
  what: fc.constant('a knock'),
  credentials: fc.constantFrom<Visit['credentials']>('none', 'none', 'none', 'tls', 'foreign'),
  bytes: fc.oneof(
    bytes,
    bytes.map((rest) => Buffer.concat([Buffer.of(0x16, 3, 1), rest])),
    fc.tuple(mutation, bytes).map(([change, other]) => mutated(CLIENT_HELLO, other, change)),
    fc.constant(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
    fc.constant(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')),
    fc.constant(Buffer.alloc(0)),
    fc.constant(HELLO),
    fc.constant(Buffer.alloc(100_000, 0x16)),
  ),
  ending: fc.constantFrom<Visit['ending']>('end', 'reset', 'stay'),
})

const helloOf = (fields: object): Buffer => packetOf(PacketKind.hello, Buffer.from(JSON.stringify(fields)))
const field = fc.constantFrom('configsync', 'nodeId', 'runId', 'cluster', 'address', 'addresses', 'dial', '__proto__')
const HONEST = { configsync: 1, ...STRANGER_HELLO }

/** With a member's certificate, a first packet that is wrong. */
export const wrongHello: fc.Arbitrary<Visit> = fc.record({
  what: fc.constant('a wrong hello'),
  credentials: fc.constant<Visit['credentials']>('member'),
  bytes: fc.oneof(
    fc.tuple(field, fc.jsonValue()).map(([name, value]) => helloOf({ ...HONEST, [name]: value })),
    fc.constantFrom('a', 'b', 'zz').map((nodeId) => helloOf({ ...HONEST, nodeId })),
    fc.tuple(mutation, bytes).map(([change, other]) => mutated(HELLO, other, change)),
    fc.json().map((text) => packetOf(PacketKind.hello, Buffer.from(text))),
    fc.tuple(fc.nat(255), bytes).map(([kind, payload]) => packetOf(kind, payload)),
    fc
      .nat(0xff_ffff)
      .map((length) => Buffer.from([PacketKind.hello, length >> 16, (length >> 8) & 0xff, length & 0xff])),
    fc.constant(Buffer.concat([HELLO, HELLO])),
    fc.constant(Buffer.concat([packetOf(PacketKind.accept, Buffer.alloc(0)), HELLO])),
    bytes,
  ),
  ending: fc.constantFrom<Visit['ending']>('end', 'reset', 'stay'),
})

/** A member's messages stay on this machine: no address of another is taught, and no name of another is borrowed. */
function asStranger(some: Message): Message {
  if (some.type !== 'heartbeat') return some
  const heartbeat = { ...some.heartbeat, nodeId: STRANGER_HELLO.nodeId, origin: undefined, address: '', addresses: [] }
  return { type: 'heartbeat', heartbeat: { ...heartbeat, cluster: STRANGER_HELLO.cluster } }
}

const frame = fc
  .tuple(fc.array(message.map(asStranger), { minLength: 1, maxLength: 3 }), fc.constantFrom(0, 1_000_000))
  .map(([messages, threshold]) => encodeFrame(messages, threshold).bytes)
const data = (payload: Uint8Array): Buffer => packetOf(PacketKind.data, payload)

/** What a member sends once it is let in, one packet each. */
export const memberPacket: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: frame.map(data) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(frame, mutation, bytes)
      .map(([one, change, other]) => data(resealed(mutated(one, other, change)))),
  },
  bytes.map(data),
  fc.constant(PING),
  fc.constant(packetOf(PacketKind.pong, Buffer.alloc(0))),
  fc
    .array(
      fc.oneof(
        fc.integer({ min: 1, max: 9 }).map((port) => `127.0.0.1:${port}`),
        fc.string(),
        fc.integer(),
      ),
    )
    .map((list) => packetOf(PacketKind.addresses, Buffer.from(JSON.stringify(list.filter(isHarmless))))),
)

/** Of this machine, or no address at all: a host that could be looked up is not taught. */
const isHarmless = (taught: unknown): boolean =>
  typeof taught !== 'string' || taught.startsWith('127.0.0.1:') || !taught.includes(':')

/** What a member must not send, which ends its connection with this code. */
export const VIOLATIONS: readonly (readonly [code: string, bytes: Uint8Array])[] = [
  ['FRAME_TOO_LARGE', Buffer.of(PacketKind.data, 0x20, 0x00, 0x01)],
  ['FRAME_TOO_LARGE', Buffer.of(PacketKind.data, 0xff, 0xff, 0xff)],
  ['FRAME_TOO_LARGE', Buffer.of(PacketKind.ping, 0, 0, 1, 0)],
  ['FRAME_TOO_LARGE', Buffer.of(PacketKind.addresses, 0x04, 0x00, 0x01)],
  ['FRAME_MALFORMED', Buffer.of(0x16, 3, 1, 2)],
  ['FRAME_MALFORMED', Buffer.of(200, 0, 0, 0)],
  ['FRAME_MALFORMED', HELLO],
  ['FRAME_MALFORMED', ACCEPT],
]

/** How a member introduces itself; it is let in once the other side has accepted too. */
export const INTRODUCTION = Buffer.concat([HELLO, ACCEPT])

/** Opens a connection, with TLS for all but 'none'; errors of its own are nobody's. */
export function visit(port: number, credentials: Visit['credentials'], pem: Pem | undefined): Socket {
  const at = { host: '127.0.0.1', port }
  const socket =
    credentials === 'none'
      ? connectTcp(at)
      : connectTls({ ...at, ...pem, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
  return socket.on('error', () => {}).setNoDelay(true)
}

export function endAs(socket: Socket, ending: Visit['ending']): void {
  if (ending === 'end') socket.end()
  else if (ending === 'reset') socket.destroy()
}
