import { type DecodedFrame, decodeFrame } from '#codec/frame'
import type { NodeId } from '#core/identity'
import type { Message, MessageType } from '#core/protocol'
import type { Mesh, MeshHandlers, MeshIdentity, WatchedFrame } from '#mesh/mesh'

/** @param bytes the message's share of its frame */
export type Tap = (message: Message, to: NodeId | undefined, bytes: number) => void

/** A mesh whose node can be watched as it sends, and be torn off as a killed process is. */
export class TappedMesh implements Mesh {
  readonly name: string
  readonly presenceBudget: number
  /** messages handed to the mesh, a broadcast counted once */
  readonly sent: Partial<Record<MessageType, number>> = {}
  /** told of every message before it is sent; `to` is undefined for a broadcast */
  tap: Tap | undefined
  private readonly inner: Mesh

  constructor(inner: Mesh) {
    this.inner = inner
    this.name = inner.name
    this.presenceBudget = inner.presenceBudget
  }

  get address(): string {
    return this.inner.address
  }

  start(identity: MeshIdentity, handlers: MeshHandlers): Promise<void> {
    return this.inner.start(identity, handlers)
  }

  broadcast(frame: Uint8Array, watched?: WatchedFrame): void {
    this.count(frame, undefined)
    this.inner.broadcast(frame, watched)
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    this.count(frame, to)
    return this.inner.send(to, frame)
  }

  decode(frame: Uint8Array): DecodedFrame {
    return this.inner.decode?.(frame) ?? decodeFrame(frame)
  }

  private count(frame: Uint8Array, to: NodeId | undefined): void {
    const decoded = this.decode(frame)
    if (decoded.outcome === 'rejected') throw new Error(`a node sent a bad frame: ${decoded.detail}`)
    for (const message of decoded.messages) {
      this.sent[message.type] = (this.sent[message.type] ?? 0) + 1
      this.tap?.(message, to, frame.byteLength / decoded.messages.length)
    }
  }

  peers(): readonly NodeId[] {
    return this.inner.peers()
  }

  learnAddresses(addresses: readonly string[]): void {
    this.inner.learnAddresses(addresses)
  }

  stop(): Promise<void> {
    return this.inner.stop()
  }
}
