import type { ErrorCode } from '#core/errors'
import { isNodeId, isRunId, type NodeId, type RunId } from '#core/identity'
import { MEMBERS_MAX } from '#core/limits'
import { parseAddress } from './address.ts'
import { PacketKind, packetOf } from './framing.ts'
import { isClusterName } from './identity.ts'
import { HELLO_BYTES_MAX } from './limits.ts'

/** Version of the handshake and the packets. Frames within data packets have versions of their own. */
export const MESH_PROTOCOL = 1

/** The first packet, each way: who I am, and whom I know. */
export interface Hello {
  readonly nodeId: NodeId
  readonly runId: RunId
  readonly cluster: string
  /** where the sender can be dialled, '' when nowhere */
  readonly address: string
  /** members' addresses that the sender knows to be good */
  readonly addresses: readonly string[]
  /** how many connections the sender has dialled, this one included; 0 from the side that was dialled */
  readonly dial: number
}

/** Why a connection is not wanted; its reason goes to both sides. */
export interface Refusal {
  readonly code: ErrorCode
  readonly detail: string
}

export const isRefusal = (outcome: object): outcome is Refusal => 'code' in outcome

/** Refusals of the node itself; others are about what was on the wire, and anything may listen at an address. */
export const NODE_REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'NODE_DUPLICATE',
  'CLUSTER_MISMATCH',
  'IDENTITY_MISMATCH',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_REVOKED',
  'FRAME_VERSION',
])

/** What a peer may accuse us of; anything else it says is malformed. */
const REFUSAL_CODES: ReadonlySet<string> = new Set<ErrorCode>([...NODE_REFUSALS, 'FRAME_MALFORMED', 'FRAME_TOO_LARGE'])
/** An address has at most some 260 characters, so that these stay within HELLO_BYTES_MAX; heartbeats bring the rest. */
const ADDRESSES_PER_PACKET_MAX = 900
const DETAIL_CHARACTERS_MAX = 400

/** Addresses are left out from the end until the rest fits. */
export function encodeHello(hello: Hello): Buffer {
  let addresses = hello.addresses.slice(0, MEMBERS_MAX)
  for (;;) {
    const payload = Buffer.from(JSON.stringify({ configsync: MESH_PROTOCOL, ...hello, addresses }))
    if (payload.length <= HELLO_BYTES_MAX) return packetOf(PacketKind.hello, payload)
    addresses = addresses.slice(0, Math.floor(addresses.length * 0.9))
  }
}

export function decodeHello(payload: Buffer): Hello | Refusal {
  const hello = parseObject(payload)
  if (hello === undefined || typeof hello['configsync'] !== 'number') return malformed('the first packet is no hello')
  if (hello['configsync'] !== MESH_PROTOCOL)
    return {
      code: 'FRAME_VERSION',
      detail: `mesh protocol ${hello['configsync']} is not spoken here, ${MESH_PROTOCOL} is`,
    }
  const { nodeId, runId, cluster, address, addresses, dial } = hello
  if (!isNodeId(nodeId)) return malformed('the nodeId of the hello is none')
  if (!isRunId(runId)) return malformed('the runId of the hello is none')
  if (!isClusterName(cluster)) return malformed('the cluster of the hello is none')
  if (typeof address !== 'string' || (address !== '' && parseAddress(address) === undefined))
    return malformed('the address of the hello is none')
  if (!Array.isArray(addresses) || addresses.length > MEMBERS_MAX)
    return malformed('the addresses of the hello are no list')
  if (!Number.isSafeInteger(dial) || (dial as number) < 0) return malformed('the dial number of the hello is none')
  return { nodeId, runId, cluster, address, addresses: usableOf(addresses), dial: dial as number }
}

/** Addresses that were proven between the hello and the opening of a connection: at most a few. */
export function encodeAddresses(addresses: readonly string[]): Buffer {
  return packetOf(PacketKind.addresses, Buffer.from(JSON.stringify(addresses.slice(0, ADDRESSES_PER_PACKET_MAX))))
}

/** What is no address is left out. */
export function decodeAddresses(payload: Buffer): string[] {
  const addresses: unknown = parseObject(payload)
  return Array.isArray(addresses) ? usableOf(addresses.slice(0, MEMBERS_MAX)) : []
}

/** The detail is cut far below REFUSAL_BYTES_MAX. */
export function encodeRefusal({ code, detail }: Refusal): Buffer {
  return packetOf(PacketKind.refusal, Buffer.from(JSON.stringify({ code, detail: printable(detail) })))
}

/** Never fails: a refusal that cannot be read is still one. */
export function decodeRefusal(payload: Buffer): Refusal {
  const refusal = parseObject(payload)
  const { code, detail } = refusal ?? {}
  if (typeof code !== 'string' || !REFUSAL_CODES.has(code) || typeof detail !== 'string')
    return { code: 'FRAME_MALFORMED', detail: 'without a reason that can be read' }
  return { code: code as ErrorCode, detail: printable(detail) }
}

const usableOf = (addresses: readonly unknown[]): string[] =>
  addresses.filter((text): text is string => typeof text === 'string' && parseAddress(text) !== undefined)

const malformed = (detail: string): Refusal => ({ code: 'FRAME_MALFORMED', detail })

/** A stranger's words end up in logs and terminals. */
const printable = (text: string): string => text.slice(0, DETAIL_CHARACTERS_MAX).replace(/[^\x20-\x7e]/g, '?')

function parseObject(payload: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
