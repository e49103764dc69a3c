import type { Socket } from 'node:net'
import type { ErrorCode } from '#core/errors'
import type { NodeId } from '#core/identity'
import { FRAME_BYTES_MAX } from '#core/limits'
import { PacketKind, PacketReader, type PacketSink, PING } from './framing.ts'
import { encodeRefusal, type Hello, type Refusal } from './hello.ts'
import type { CertificateIdentity } from './identity.ts'
import { HELLO_BYTES_MAX, REFUSAL_BYTES_MAX, type TlsMeshLimits } from './limits.ts'
import type { TroubleSubject } from './trouble.ts'
import type { WriteGate } from './write-gate.ts'

/** Who runs the connections of one node. */
export interface ConnectionOwner {
  onFrame(peer: NodeId, frame: Buffer): void
  onControl(connection: Connection, kind: number, payload: Buffer): void
  onViolation(connection: Connection, refusal: Refusal): void
  /** Its queue was full; it has been cut off. */
  onSlow(connection: Connection): void
  /** It said nothing for too long; it has been cut off. */
  onSilent(connection: Connection): void
  /** Nothing can be sent any more; frames that were on the way may still come. Once. */
  onDown(connection: Connection): void
  /** Nothing is left of it. Once, after onDown. */
  onClosed(connection: Connection): void
}

/** The attempt from which a connection came, on the side that made it. */
export interface Dial {
  readonly address: string
  /** rises with every attempt of this node's run */
  readonly number: number
}

/** One socket between two nodes, in TLS or in the clear, from connected to closed. */
export class Connection implements PacketSink {
  readonly socket: Socket
  /** undefined on the side that was dialled */
  readonly dial: Dial | undefined
  /** where the other end is, for messages */
  readonly remote: string
  /** what the peer's certificate says; undefined in the clear, and until it was looked at */
  certified: CertificateIdentity | undefined
  /** set when the peer's hello is good */
  hello: Hello | undefined
  /** this side has accepted the peer, the peer has accepted this side; both: open */
  accepted = false
  welcomed = false
  /** refused by one side, or a connection to oneself: whoever dialled it has its answer */
  answered = false
  /** the addresses that this side's hello told */
  told: readonly string[] = []
  /** frames are handed on: from when both sides accepted until this side will have no more of it */
  #receiving = false
  #down = false
  #heard = true
  #silentSweeps = 0
  #error: Error | undefined
  #deadline: NodeJS.Timeout | undefined
  #probe: ((alive: boolean) => void) | undefined
  readonly #owner: ConnectionOwner
  readonly #limits: TlsMeshLimits
  readonly #reader: PacketReader

  constructor(socket: Socket, dial: Dial | undefined, owner: ConnectionOwner, limits: TlsMeshLimits) {
    this.socket = socket
    this.dial = dial
    this.remote = dial?.address ?? `${socket.remoteAddress ?? 'a closed connection'}`
    this.#owner = owner
    this.#limits = limits
    this.#reader = new PacketReader(this)
    socket.on('data', (chunk: Buffer) => {
      this.#heard = true
      this.#reader.push(chunk)
    })
    socket.on('error', (error) => {
      this.#error ??= error
    })
    socket.on('end', () => this.#goDown())
    socket.on('close', () => {
      clearTimeout(this.#deadline)
      this.#goDown()
      this.#owner.onClosed(this)
    })
  }

  /** Why the socket failed, where it did. */
  get error(): Error | undefined {
    return this.#error
  }

  get open(): boolean {
    return this.accepted && this.welcomed && !this.#down
  }

  get down(): boolean {
    return this.#down
  }

  get subject(): TroubleSubject {
    return { peer: this.hello?.nodeId ?? this.certified?.nodeId, address: this.remote }
  }

  /**
   * Queues a packet; see WriteGate. False when it cannot be sent: a peer that does not read is cut off here.
   * @param onLeft it was handed to the operating system
   */
  write(packet: Buffer, gate?: WriteGate, onLeft?: () => void): boolean {
    const { socket } = this
    if (this.#down || !socket.writable) return false
    if (socket.writableLength + packet.length > this.#limits.queueBytesMax) {
      this.cut()
      this.#owner.onSlow(this)
      return false
    }
    gate?.gather(socket)
    socket.write(packet, onLeft && ((error) => error ?? onLeft()))
    return true
  }

  /** Begins to hand frames on. */
  receive(): void {
    clearTimeout(this.#deadline)
    this.#receiving = true
  }

  /** Calls back unless the connection opens or closes before. */
  expectOpen(withinMs: number, late: () => void): void {
    this.#deadline = setTimeout(late, withinMs).unref()
  }

  /**
   * Says why, then closes. What comes in is ignored, but read, so that the reason is not lost with a reset; all but a refusal
   * from the other side, which says that this node is not wanted either.
   */
  refuse(refusal: Refusal): void {
    this.answered = true
    this.#receiving = false
    if (this.socket.writable) this.socket.write(encodeRefusal(refusal))
    this.close()
  }

  /** Closes once everything is sent; frames that the peer has sent still come in. */
  close(): void {
    clearTimeout(this.#deadline)
    if (this.socket.destroyed) return
    this.#deadline = setTimeout(() => this.socket.destroy(), this.#limits.closeDeadlineMs).unref()
    this.socket.end()
  }

  /** Closes at once. Events follow later, never from within. */
  cut(): void {
    this.#ignore()
    this.socket.destroy()
  }

  /** Asks for a sign of life: false when there is none within the deadline, or the connection closes. */
  probe(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const earlier = this.#probe
      const timer = setTimeout(() => this.#probe?.(false), withinMs).unref()
      this.#probe = (alive) => {
        clearTimeout(timer)
        this.#probe = undefined
        earlier?.(alive)
        resolve(alive)
      }
      if (!this.write(PING)) this.#probe(false)
    })
  }

  pong(): void {
    this.#probe?.(true)
  }

  /** Counts silence; called at even intervals. */
  sweep(): void {
    if (this.#heard) {
      this.#heard = false
      this.#silentSweeps = 0
      return
    }
    this.#silentSweeps++
    if (this.#silentSweeps === this.#limits.pingAfterSweeps) this.write(PING)
    if (this.#silentSweeps < this.#limits.silentAfterSweeps) return
    this.cut()
    this.#owner.onSilent(this)
  }

  bytesMaxOf(kind: number): number | undefined {
    if (this.answered) return kind === PacketKind.refusal ? REFUSAL_BYTES_MAX : undefined
    const greeted = this.hello !== undefined
    switch (kind) {
      case PacketKind.data:
        return this.accepted && this.welcomed ? FRAME_BYTES_MAX : undefined
      case PacketKind.hello:
        return greeted ? undefined : HELLO_BYTES_MAX
      case PacketKind.accept:
        return greeted && !this.welcomed ? 0 : undefined
      case PacketKind.refusal:
        return REFUSAL_BYTES_MAX
      case PacketKind.ping:
      case PacketKind.pong:
        return greeted ? 0 : undefined
      case PacketKind.addresses:
        return this.accepted && this.welcomed ? HELLO_BYTES_MAX : undefined
      default:
        return undefined
    }
  }

  onPacket(kind: number, payload: Buffer): void {
    if (kind !== PacketKind.data) this.#owner.onControl(this, kind, payload)
    else if (this.#receiving) this.#owner.onFrame(this.hello!.nodeId, payload)
  }

  onViolation(code: ErrorCode, detail: string): void {
    if (!this.answered) this.#owner.onViolation(this, { code, detail })
  }

  #ignore(): void {
    this.#receiving = false
    this.#reader.stop()
  }

  #goDown(): void {
    if (this.#down) return
    this.#down = true
    this.#probe?.(false)
    this.#owner.onDown(this)
  }
}
