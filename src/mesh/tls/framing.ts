import type { ErrorCode } from '#core/errors'

/**
 * A packet is four bytes and a payload: the kind, then the payload's length as 24 bits, big endian. A data packet, kind
 * 0, thus begins with its length as 32 bits. No kind is a letter or the first byte of a TLS record, so that another
 * protocol is noticed by its first byte.
 */
export const PacketKind = { data: 0, hello: 1, accept: 2, refusal: 3, ping: 4, pong: 5, addresses: 6 } as const
export const HEADER_BYTES = 4

export function packetOf(kind: number, payload: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(HEADER_BYTES + payload.byteLength)
  packet.writeUInt32BE(kind * 0x100_0000 + payload.byteLength, 0)
  packet.set(payload, HEADER_BYTES)
  return packet
}

const EMPTY = new Uint8Array(0)
export const PING = packetOf(PacketKind.ping, EMPTY)
export const PONG = packetOf(PacketKind.pong, EMPTY)
export const ACCEPT = packetOf(PacketKind.accept, EMPTY)

/** Who is given the packets of one connection. */
export interface PacketSink {
  /** The most bytes that a packet of this kind may have now; undefined when none is expected. */
  bytesMaxOf(kind: number): number | undefined
  /** The payload is only valid during the call. */
  onPacket(kind: number, payload: Buffer): void
  /** Nothing is read any more. */
  onViolation(code: ErrorCode, detail: string): void
}

/**
 * Cuts a stream of chunks into packets. A packet within one chunk is handed on as a view; one that spans chunks is
 * copied once, when it is complete. Nothing is kept of a packet that is too large or not expected.
 */
export class PacketReader {
  readonly #sink: PacketSink
  /** the beginning of a packet: its bytes so far, their sum, and how many are wanted before anything can be done */
  #parts: Buffer[] = []
  #have = 0
  #want = HEADER_BYTES
  #stopped = false

  constructor(sink: PacketSink) {
    this.#sink = sink
  }

  /** Ignores everything from now on, the rest of the present chunk included. */
  stop(): void {
    this.#stopped = true
    this.#parts = []
    this.#have = 0
  }

  push(chunk: Buffer): void {
    let offset = this.#have > 0 ? this.#complete(chunk) : 0
    while (!this.#stopped && chunk.length - offset >= HEADER_BYTES) {
      const length = this.#lengthAt(chunk, offset)
      if (length === undefined) return
      const end = offset + HEADER_BYTES + length
      if (end > chunk.length) {
        this.#want = HEADER_BYTES + length
        break
      }
      this.#sink.onPacket(chunk[offset]!, chunk.subarray(offset + HEADER_BYTES, end))
      offset = end
    }
    if (!this.#stopped && offset < chunk.length) this.#keep(chunk.subarray(offset))
  }

  /** Goes on with the packet that began in earlier chunks. Returns where the next one begins. */
  #complete(chunk: Buffer): number {
    let offset = 0
    while (!this.#stopped && this.#have > 0) {
      const part = chunk.subarray(offset, offset + this.#want - this.#have)
      this.#keep(part)
      offset += part.length
      if (this.#have < this.#want) return chunk.length
      const begun = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#have)
      const length = this.#want === HEADER_BYTES ? this.#lengthAt(begun, 0) : this.#want - HEADER_BYTES
      if (length === undefined) return chunk.length
      this.#want = HEADER_BYTES + length
      this.#parts = [begun]
      if (this.#have < this.#want) continue
      this.#parts = []
      this.#have = 0
      this.#want = HEADER_BYTES
      this.#sink.onPacket(begun[0]!, begun.subarray(HEADER_BYTES))
    }
    return offset
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return
    this.#parts.push(part)
    this.#have += part.length
  }

  #lengthAt(bytes: Buffer, offset: number): number | undefined {
    const kind = bytes[offset]!
    const length = bytes.readUIntBE(offset + 1, 3)
    const bytesMax = this.#sink.bytesMaxOf(kind)
    if (bytesMax !== undefined && length <= bytesMax) return length
    this.stop()
    if (bytesMax === undefined)
      this.#sink.onViolation(
        'FRAME_MALFORMED',
        `a packet of kind ${kind} is not expected here (first bytes ${hexOf(bytes, offset)})`,
      )
    else
      this.#sink.onViolation(
        'FRAME_TOO_LARGE',
        `a packet of kind ${kind} has ${length} bytes, at most ${bytesMax} are allowed`,
      )
    return undefined
  }
}

const hexOf = (bytes: Buffer, offset: number): string => bytes.toString('hex', offset, offset + 8)
