import type { DecodedFrame } from '#codec/frame'
import type { ConfigSyncError } from '#core/errors'
import type { TurnedAway } from '#core/exclusion'
import type { NodeId, RunId } from '#core/identity'

/** Who a node is, as its mesh must present it to others. */
export interface MeshIdentity {
  readonly nodeId: NodeId
  readonly runId: RunId
  readonly cluster: string
}

/** What a mesh tells the node above it. Called one at a time, never from within a call into the mesh. */
export interface MeshHandlers {
  /** A complete frame of a peer, whose identity the mesh vouches for as well as it can. The bytes are only valid during the call. */
  onFrame(from: NodeId, frame: Uint8Array): void
  /** A peer can be reached now. */
  onPeerUp(peer: NodeId): void
  onPeerDown(peer: NodeId): void
  /** Something an operator should know: a refused peer, an address that does not answer. Never fatal. */
  onTrouble(error: ConfigSyncError, peer: NodeId | undefined): void
  /**
   * A member of a mesh has refused this node: for its nodeId, its cluster, its certificate or its protocol. Told beside
   * onTrouble, each time, and so every few seconds while the mesh goes on trying. Where both refuse each other only the one
   * that sought the other out is told, so that a stranger can turn nobody away.
   */
  onTurnedAway(refusal: TurnedAway): void
}

/** How long a frame waits in this process for one of the peers that it goes to. A mesh in which nothing waits need not call either. */
export interface WatchedFrame {
  readonly to: NodeId
  /** It is this peer's turn, after those that the frame was written to before. */
  onTurn(): void
  /** The last byte for this peer was handed to the operating system. */
  onLeft(): void
}

/**
 * Carries frames between the nodes of one cluster: to all or to one, both best effort (a frame arrives whole, late,
 * twice, or not at all; order is not promised). Everything above is the same for every mesh, and `configsync/contract`
 * has the suite that each must pass.
 */
export interface Mesh {
  /** `memory`, `tls` … */
  readonly name: string
  /** Heartbeats that a node should at most hear per heartbeat interval: lower where a message is dear. */
  readonly presenceBudget: number
  /** Where others can dial this node, '' when the mesh has no addresses. Known once started. */
  readonly address: string

  /** Resolves when peers can reach this node; does not wait for any peer. May be called again after stop(). */
  start(identity: MeshIdentity, handlers: MeshHandlers): Promise<void>
  /** Sends to every peer that can be reached now. The frame is at most FRAME_BYTES_MAX and not changed afterwards. */
  broadcast(frame: Uint8Array, watched?: WatchedFrame): void
  /** Sends to one peer. False when it cannot be reached now. */
  send(to: NodeId, frame: Uint8Array): boolean
  /** The peers that can be reached now. */
  peers(): readonly NodeId[]
  /** What a frame says. Only a mesh within one process has this: it reads a frame once for all who receive it. */
  decode?(frame: Uint8Array): DecodedFrame
  /** Addresses of members, learned from heartbeats: the mesh sees to it that they get connected. */
  learnAddresses(addresses: readonly string[]): void
  /** What was sent is flushed if that goes quickly; resolves when nothing of this mesh is left open. */
  stop(): Promise<void>
}
