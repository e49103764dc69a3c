import type { Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TlsMesh } from '#mesh/tls/index'
import { ConfigSyncManager } from '#node/manager'
import { certificateOf } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { explore } from './exploration.ts'
import {
  endAs,
  INTRODUCTION,
  knock,
  memberPacket,
  type Pem,
  VIOLATIONS,
  type Visit,
  visit,
  wrongHello,
} from './strangers.ts'

/** What may be said of somebody who is no good; anything else, INTERNAL above all, is a fault of this node. */
const EXPECTED_CODES = new Set([
  ...['FRAME_MALFORMED', 'FRAME_TOO_LARGE', 'FRAME_VERSION', 'CERTIFICATE_INVALID', 'CLUSTER_MISMATCH'],
  ...['IDENTITY_MISMATCH', 'NODE_DUPLICATE', 'CONNECTIONS_LIMIT', 'PEER_UNREACHABLE', 'PEER_SLOW', 'CLOCK_DRIFT'],
  ...['ORIGINS_MANY', 'SIBLINGS_MANY', 'RULE_UNKNOWN', 'VALUE_INVALID'],
])

/** Suspected is what a busy machine may do to anybody for a moment. */
const LOSSES = new Set(['gone', 'left', 'restarted'])

class Node {
  readonly mesh: TlsMesh
  readonly sync: ConfigSyncManager
  readonly codes: string[] = []
  /** of whom it was ever cut off */
  readonly lost: string[] = []

  constructor(nodeId: string, certificates: Pem, join: string[]) {
    // Loopback answers at once: a second is long enough for an honest greeting.
    const limits = { greetingDeadlineMs: 1_000, unreachableAfterMs: 60_000, troubleQuietMs: 0 }
    this.mesh = new TlsMesh({ listen: '127.0.0.1:0', join, certificates, limits })
    this.sync = new ConfigSyncManager({ nodeId, cluster: 'test', mesh: this.mesh, preset: 'test' })
    this.sync.on('error', ({ code }) => this.codes.push(code))
    this.sync.on('rejected', ({ code }) => this.codes.push(code))
    this.sync.on('member', ({ nodeId: other, state }) => {
      if (LOSSES.has(state)) this.lost.push(`${other} ${state}`)
    })
  }

  get port(): number {
    return Number(this.mesh.address.split(':')[1])
  }
}

let a: Node
let b: Node
let member: Pem
let foreign: Pem
let written = 0

beforeAll(async () => {
  member = await certificateOf('z', 'test')
  foreign = await certificateOf('z', 'test', 'another')
  a = new Node('a', await certificateOf('a', 'test'), [])
  await a.sync.start()
  b = new Node('b', await certificateOf('b', 'test'), [a.mesh.address])
  await b.sync.start()
  await eventually('a and b know each other', () => [a, b].every(({ sync }) => sync.status().members.length === 2))
})
afterAll(() => Promise.all([a, b].map(({ sync }) => sync.stop())))

const pemOf = (credentials: Visit['credentials']): Pem | undefined =>
  credentials === 'member' ? member : credentials === 'foreign' ? foreign : undefined

/** Each of the two writes, and has the other's write, while all else goes on. */
async function expectUndisturbed(): Promise<void> {
  const value = ++written
  await Promise.all([a, b].map(({ sync }) => sync.publishUpdate('fuzz', sync.status().nodeId, value)))
  await eventually('both have both', () =>
    [a, b].every(({ sync }) => sync.get('fuzz', 'a') === value && sync.get('fuzz', 'b') === value),
  )
  expect([...a.codes, ...b.codes].filter((code) => !EXPECTED_CODES.has(code))).toEqual([])
  expect([...a.lost, ...b.lost].filter((event) => !event.startsWith('z '))).toEqual([])
}

/** A connection of z, from when both sides have accepted. */
async function memberLetIn(): Promise<Socket> {
  const socket = visit(a.port, 'member', member)
  socket.write(INTRODUCTION)
  await eventually('z is a peer', () => a.mesh.peers().some((peer) => peer === 'z'))
  return socket
}

async function leave(socket: Socket): Promise<void> {
  socket.destroy()
  await eventually('z is no peer', () => !a.mesh.peers().some((peer) => peer === 'z'))
}

async function closed(sockets: readonly Socket[]): Promise<void> {
  await eventually('everybody is cut off', () => sockets.every((socket) => socket.destroyed))
}

/** All at once; whoever stays is cut off by the node. */
async function pay(visits: readonly Visit[]): Promise<void> {
  const sockets = visits.map(({ credentials, bytes, ending }) => {
    const socket = visit(a.port, credentials, pemOf(credentials)).resume()
    socket.write(bytes, () => endAs(socket, ending))
    return socket
  })
  await expectUndisturbed()
  await closed(sockets)
}

describe('the port of the TLS mesh', () => {
  it('before the handshake: takes no harm from whatever is sent', async () => {
    const visits = fc.array(knock, { minLength: 1, maxLength: 8 })
    await explore('strangers before the handshake, in parallel', fc.asyncProperty(visits, pay), 12)
  })

  it('after the handshake: takes no harm from a wrong hello', async () => {
    const visits = fc.array(wrongHello, { minLength: 1, maxLength: 8 })
    await explore('certified peers with wrong hellos, in parallel', fc.asyncProperty(visits, pay), 12)
    expect(a.sync.status().members.map(({ nodeId }) => nodeId)).toEqual(['a', 'b'])
  })

  it.each(VIOLATIONS)('after the hello: refuses with %s what a member must not send', async (code, bytes) => {
    const before = a.codes.filter((one) => one === code).length
    const socket = await memberLetIn()
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    socket.write(bytes)
    await expectUndisturbed()
    await closed([socket])
    expect(a.codes.filter((one) => one === code).length).toBeGreaterThan(before)
    expect(Buffer.concat(received).toString('latin1')).toContain(`"code":"${code}"`)
  })

  it('after the hello: takes any packets of a member, and both nodes stay equal', async () => {
    const packets = fc.array(memberPacket, { minLength: 1, maxLength: 20 })
    await explore(
      'packets of a certified peer, in twenties',
      fc.asyncProperty(packets, async (list) => {
        const socket = (await memberLetIn()).resume()
        socket.write(Buffer.concat(list))
        await expectUndisturbed()
        await eventually('a and b are equal', () => {
          const [one, other] = [a.sync.status(), b.sync.status()]
          return one.digest === other.digest && one.liveHash === other.liveHash
        })
        await leave(socket)
      }),
      25,
    )
    expect(a.sync.status().divergences + b.sync.status().divergences).toBe(0)
  })

  it('after the hello: a flood of a member delays nobody beyond the bound', async () => {
    const socket = (await memberLetIn()).resume()
    const rubbish = memberPacketFlood()
    for (let i = 0; i < 6; i++) {
      socket.write(rubbish)
      await expectUndisturbed()
    }
    await leave(socket)
  })

  it('takes hundreds that say nothing, and lets a member in afterwards', async () => {
    const silent = Array.from({ length: 300 }, () => visit(a.port, 'none', undefined).resume())
    await eventually('some are refused for their number', () => a.codes.includes('CONNECTIONS_LIMIT'))
    await expectUndisturbed()
    await closed(silent)
    await leave(await memberLetIn())
  })
})

/** A megabyte of frames that are none, of probes and of pings. */
function memberPacketFlood(): Buffer {
  const packets = fc.sample(memberPacket, { seed: 7, numRuns: 200 })
  const once = Buffer.concat(packets)
  return Buffer.concat(new Array<Buffer>(Math.ceil(1_000_000 / once.length)).fill(once))
}
