import { crc32 } from 'node:zlib'

export const PACKED = 0x01

/** A frame around any body, with the checksum that belongs to it: as docs/protocol.md has it, and not as the codec writes it. */
export function framed(body: Uint8Array, { version = 1, flags = 0 } = {}): Buffer {
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(Buffer.concat([Buffer.of(version, flags), body])))
  return Buffer.concat([Buffer.of(0xc1, version, flags), checksum, body])
}

/** Damaged behind its checksum: what somebody writes who means it. */
export function resealed(frame: Uint8Array): Buffer {
  return frame.length < 8 ? Buffer.from(frame) : framed(frame.subarray(7), { version: frame[1]!, flags: frame[2]! })
}
