import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { NodeId } from '#core/identity'
import type { MeshHandlers, MeshIdentity } from './mesh.ts'

/** What one node sent and received, over all its runs. Frames are counted once for each receiver, lost ones as sent. */
export interface TrafficCounters {
  /** calls of broadcast and send */
  broadcasts: number
  unicasts: number
  framesSent: number
  bytesSent: number
  framesReceived: number
  bytesReceived: number
}

/** One start of one mesh. */
export interface Session {
  readonly identity: MeshIdentity
  readonly handlers: MeshHandlers
  readonly counters: TrafficCounters
  /** to those whose onPeerUp was announced */
  readonly links: Map<NodeId, Link>
  live: boolean
}

/** A frame on the wire that keeps its place among those of its link. */
interface Carried {
  readonly frame: Uint8Array
  readonly arrivesMs: number
  next: Carried | undefined
}

/**
 * One direction between two sessions. Frames that keep their order form a list: whichever timer fires, the first of them
 * arrives. A list and no array, because 1,000 nodes have a million links.
 */
export interface Link {
  readonly from: Session
  readonly to: Session
  first: Carried | undefined
  last: Carried | undefined
}

/** @param seeks `session` has come to where `other` is, or with it */
export function introduce(session: Session, other: Session, seeks: boolean): void {
  const { nodeId, cluster } = other.identity
  if (cluster !== session.identity.cluster) {
    const detail = `${nodeId} belongs to cluster ${cluster}`
    trouble(session, 'CLUSTER_MISMATCH', detail, nodeId)
    if (seeks) session.handlers.onTurnedAway({ by: nodeId, code: 'CLUSTER_MISMATCH', detail, mutual: true })
    return
  }
  session.links.set(nodeId, { from: session, to: other, first: undefined, last: undefined })
  session.handlers.onPeerUp(nodeId)
}

export function forget(session: Session, gone: Session): void {
  if (session.links.get(gone.identity.nodeId)?.to !== gone) return
  session.links.delete(gone.identity.nodeId)
  session.handlers.onPeerDown(gone.identity.nodeId)
}

export function trouble(session: Session, code: ErrorCode, detail: string, peer: NodeId): void {
  if (session.live) session.handlers.onTrouble(new ConfigSyncError(code, detail), peer)
}

/** Puts a frame on the wire behind those of its link; returns when it arrives. */
export function putLast(link: Link, frame: Uint8Array, earliestMs: number): number {
  const arrivesMs = Math.max(link.last?.arrivesMs ?? earliestMs, earliestMs)
  const carried: Carried = { frame, arrivesMs, next: undefined }
  if (link.last === undefined) link.first = carried
  else link.last.next = carried
  link.last = carried
  return arrivesMs
}

export function takeFirst(link: Link): Uint8Array {
  const { frame, next } = link.first!
  link.first = next
  if (next === undefined) link.last = undefined
  return frame
}
