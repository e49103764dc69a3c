import { type DecodedFrame, decodeFrame } from '#codec/frame'
import type { NodeId } from '#core/identity'
import type { Mesh, MeshHandlers, MeshIdentity, WatchedFrame } from '#mesh/mesh'
import type { SimulatedProcess } from './simulated-process.ts'

/** Called with each frame that reaches a process; returns the frame as it is received, which may be another. */
export type Receive = (from: NodeId, frame: Uint8Array) => Uint8Array

/** A process's end of the network: nothing comes in while the process stands still, and nothing goes out of a dead one. */
export class ProcessMesh implements Mesh {
  readonly name: string
  readonly presenceBudget: number
  /** undefined: every frame as it was sent */
  receive: Receive | undefined
  private readonly inner: Mesh
  private readonly process: SimulatedProcess
  private handlers: MeshHandlers | undefined

  constructor(inner: Mesh, process: SimulatedProcess) {
    this.inner = inner
    this.process = process
    this.name = inner.name
    this.presenceBudget = inner.presenceBudget
  }

  get address(): string {
    return this.inner.address
  }

  start(identity: MeshIdentity, handlers: MeshHandlers): Promise<void> {
    const { process } = this
    this.handlers = handlers
    return this.inner.start(identity, {
      onFrame: (from, frame) => this.arrive(from, frame),
      onPeerUp: (peer) => process.arrive(() => handlers.onPeerUp(peer)),
      onPeerDown: (peer) => process.arrive(() => handlers.onPeerDown(peer)),
      onTrouble: (error, peer) => process.arrive(() => handlers.onTrouble(error, peer)),
      onTurnedAway: (refusal) => process.arrive(() => handlers.onTurnedAway(refusal)),
    })
  }

  decode(frame: Uint8Array): DecodedFrame {
    return this.inner.decode?.(frame) ?? decodeFrame(frame)
  }

  /** A frame has come over the network, this time or once more. */
  arrive(from: NodeId, frame: Uint8Array): void {
    this.process.arriveFrame(frame, (bytes) => this.handlers?.onFrame(from, this.receive?.(from, bytes) ?? bytes))
  }

  broadcast(frame: Uint8Array, watched?: WatchedFrame): void {
    if (!this.process.dead) this.inner.broadcast(frame, watched)
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    return !this.process.dead && this.inner.send(to, frame)
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
