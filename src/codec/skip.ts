import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'

/** What a later version may nest in fields that this one does not know. */
const SKIPPED_DEPTH_MAX = 100

/** Moves over one value of any kind, extensions and binary included, without making anything of it. */
export function skip(reader: MessagePackReader, depthMax = SKIPPED_DEPTH_MAX): void {
  if (depthMax <= 0) malformed(`a field is nested over ${SKIPPED_DEPTH_MAX} levels`)
  const token = reader.token()
  if (token < 0x80 || token >= 0xe0) return
  if (token < 0x90) skipMany(reader, 2 * (token & 0x0f), depthMax)
  else if (token < 0xa0) skipMany(reader, token & 0x0f, depthMax)
  else if (token < 0xc0) reader.pass(token & 0x1f)
  else skipSized(reader, token, depthMax)
}

function skipMany(reader: MessagePackReader, count: number, depthMax: number): void {
  for (let i = 0; i < count; i++) skip(reader, depthMax - 1)
}

function skipSized(reader: MessagePackReader, token: number, depthMax: number): void {
  if (token === 0xc1) malformed('0xc1 is no MessagePack')
  else if (token <= 0xc3) return
  else if (token <= 0xc6) reader.pass(length(reader, token - 0xc4))
  else if (token <= 0xc9) reader.pass(length(reader, token - 0xc7) + 1)
  else if (token <= 0xcb) reader.pass(token === 0xca ? 4 : 8)
  else if (token <= 0xd3) reader.pass(1 << (token & 3))
  else if (token <= 0xd8) reader.pass(1 + (1 << (token - 0xd4)))
  else if (token <= 0xdb) reader.pass(length(reader, token - 0xd9))
  else skipMany(reader, (token <= 0xdd ? 1 : 2) * length(reader, 1 + ((token - 0xdc) & 1)), depthMax)
}

/** A length of 8, 16 or 32 bits. */
function length(reader: MessagePackReader, power: number): number {
  return power === 0 ? reader.token() : power === 1 ? reader.uint16() : reader.uint32()
}
