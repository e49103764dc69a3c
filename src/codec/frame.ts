import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ConfigSyncError, type ErrorCode } from '#core/errors'
import { FRAME_BYTES_MAX, FRAME_MESSAGES_MAX } from '#core/limits'
import { type Message, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '#core/protocol'
import { malformed } from './defect.ts'
import { type Control, isControl, readMessage, writeMessage } from './message.ts'
import { MessagePackReader } from './reader.ts'
import { MessagePackWriter } from './writer.ts'

/** The one byte that MessagePack never uses: a frame cannot be taken for bare MessagePack, nor text for a frame. */
const MAGIC = 0xc1
/** magic, version, flags, checksum */
export const HEADER_BYTES = 7
const CHECKSUM_OFFSET = 3
const FLAG_ZSTD = 0x01
/** Flags that change how the rest is read: an unknown one makes the frame unreadable. The others may be ignored. */
const CRITICAL_FLAGS = 0x0f
const BODY_BYTES_MAX = FRAME_BYTES_MAX - HEADER_BYTES
/** 4 MiB: no frame needs more, and a header that asks for more is a way to make us allocate it. */
const WINDOW_LOG_MAX = 22

const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** `info` tells how much was read: the decompressor itself passes over bytes that follow its frame. */
const DECOMPRESSION = {
  info: true,
  maxOutputLength: BODY_BYTES_MAX,
  params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
}

/** What zstdDecompressSync gives back with `info`, which its types leave out. */
interface Unpacked {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

export interface EncodedFrame {
  readonly bytes: Uint8Array
  /** what it takes unpacked, header included */
  readonly plainBytes: number
  readonly compressed: boolean
}

export type DecodedFrame =
  | {
      readonly outcome: 'decoded'
      readonly messages: readonly Message[]
      readonly controls: readonly Control[]
      /** messages of types that this version does not know */
      readonly skipped: number
    }
  | {
      readonly outcome: 'rejected'
      readonly code: Extract<ErrorCode, 'FRAME_MALFORMED' | 'FRAME_VERSION' | 'FRAME_TOO_LARGE'>
      readonly detail: string
    }

const writer = new MessagePackWriter()
const reader = new MessagePackReader()

/**
 * One frame of the given messages, compressed when it is over the threshold and compressing makes it smaller.
 *
 * @throws ConfigSyncError FRAME_TOO_LARGE when it is over FRAME_BYTES_MAX unpacked; VALUE_INVALID when a text is not
 * valid Unicode or a number not finite
 */
export function encodeFrame(messages: readonly (Message | Control)[], compressionThresholdBytes: number): EncodedFrame {
  writer.begin()
  writer.byte(MAGIC)
  writer.byte(PROTOCOL_VERSION)
  writer.byte(0)
  for (let i = CHECKSUM_OFFSET; i < HEADER_BYTES; i++) writer.byte(0)
  writer.array(messages.length)
  for (const message of messages) writeMessage(writer, message)
  if (writer.length > FRAME_BYTES_MAX)
    throw new ConfigSyncError(
      'FRAME_TOO_LARGE',
      `the messages take ${writer.length} of at most ${FRAME_BYTES_MAX} bytes`,
    )
  const plain = writer.finish()
  const packed = plain.length > compressionThresholdBytes ? compress(plain) : undefined
  return { bytes: sealed(packed ?? plain), plainBytes: plain.length, compressed: packed !== undefined }
}

/**
 * Writes the checksum into a frame that is complete but for it: CRC-32 over version, flags and body as they travel. It finds
 * what a wire or a memory did to a frame; against people there is TLS.
 */
export function sealed(frame: Buffer): Buffer {
  frame.writeUInt32BE(checksumOf(frame), CHECKSUM_OFFSET)
  return frame
}

const checksumOf = (frame: Uint8Array): number =>
  crc32(frame.subarray(HEADER_BYTES), crc32(frame.subarray(1, CHECKSUM_OFFSET)))

/** Reads a frame of anybody: rejects what is not exactly as docs/protocol.md has it, and never throws. */
export function decodeFrame(frame: Uint8Array): DecodedFrame {
  try {
    return readFrame(frame)
  } catch (error) {
    if (error instanceof ConfigSyncError) return rejected(error.code, error.detail)
    return rejected('FRAME_MALFORMED', String(error))
  } finally {
    reader.finish()
  }
}

function readFrame(frame: Uint8Array): DecodedFrame {
  if (frame.length > FRAME_BYTES_MAX)
    return rejected('FRAME_TOO_LARGE', `the frame has ${frame.length} of at most ${FRAME_BYTES_MAX} bytes`)
  if (frame.length <= HEADER_BYTES || frame[0] !== MAGIC)
    return rejected('FRAME_MALFORMED', 'the bytes begin like no frame')
  const version = frame[1]!
  if (version < PROTOCOL_VERSION_MIN || version > PROTOCOL_VERSION)
    return rejected('FRAME_VERSION', `protocol ${version}; read are ${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}`)
  if (checksumOf(frame) !== storedChecksum(frame))
    return rejected('FRAME_MALFORMED', 'the frame was damaged on its way')
  const flags = frame[2]! & CRITICAL_FLAGS
  if ((flags & ~FLAG_ZSTD) !== 0)
    return rejected('FRAME_VERSION', `flags 0x${flags.toString(16)} are of a later protocol`)
  if (flags === 0) reader.begin(frame, HEADER_BYTES)
  else reader.begin(decompress(frame.subarray(HEADER_BYTES)))
  return readBody()
}

const storedChecksum = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset).getUint32(CHECKSUM_OFFSET)

function readBody(): DecodedFrame {
  const messages: Message[] = []
  const controls: Control[] = []
  const length = reader.array()
  if (length > FRAME_MESSAGES_MAX) malformed(`a frame has over ${FRAME_MESSAGES_MAX} messages`)
  let skipped = 0
  for (let i = 0; i < length; i++) {
    const message = readMessage(reader)
    if (message === undefined) skipped++
    else if (isControl(message)) controls.push(message)
    else messages.push(message)
  }
  if (!reader.atEnd) malformed('bytes follow the last message')
  return { outcome: 'decoded', messages, controls, skipped }
}

function compress(plain: Buffer): Buffer | undefined {
  const packed = zstdCompressSync(plain.subarray(HEADER_BYTES), COMPRESSION)
  if (packed.length >= plain.length - HEADER_BYTES) return undefined
  return Buffer.concat([Buffer.of(MAGIC, PROTOCOL_VERSION, FLAG_ZSTD, 0, 0, 0, 0), packed])
}

function decompress(body: Uint8Array): Buffer {
  const { buffer, engine } = unpack(body)
  if (engine.bytesWritten !== body.length) malformed('bytes follow the compressed body')
  return buffer
}

function unpack(body: Uint8Array): Unpacked {
  try {
    return zstdDecompressSync(body, DECOMPRESSION) as unknown as Unpacked
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new ConfigSyncError('FRAME_TOO_LARGE', `the frame unpacks to over ${FRAME_BYTES_MAX} bytes`, { cause })
    throw new ConfigSyncError('FRAME_MALFORMED', `the frame does not unpack: ${code ?? String(cause)}`, { cause })
  }
}

function rejected(code: ErrorCode, detail: string): DecodedFrame {
  return {
    outcome: 'rejected',
    code: code === 'FRAME_TOO_LARGE' || code === 'FRAME_VERSION' ? code : 'FRAME_MALFORMED',
    detail,
  }
}
