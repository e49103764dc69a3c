import type { JsonValue } from '#core/json'
import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '#core/limits'
import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'
import { MessagePackWriter } from './writer.ts'

/** No byte of MessagePack stands for more JSON than this: `false,` for one, `\u0001` for another. */
const JSON_PER_BYTE_MAX = 6
const EXACT_LENGTH_MAX = 16

const writer = new MessagePackWriter()

/**
 * What counts against VALUE_BYTES_MAX: the larger of the value's JSON and its MessagePack, in bytes (many short
 * fractions take more room in MessagePack, and both have to fit).
 *
 * @throws ConfigSyncError VALUE_INVALID for what is not JSON in valid Unicode
 */
export function valueBytes(value: JsonValue): number {
  writer.begin()
  writer.json(value)
  return Math.max(writer.length, jsonBytes(value))
}

const jsonBytes = (value: JsonValue): number => Buffer.byteLength(JSON.stringify(value))

/** A JSON value within the limits of size and depth. */
export function readValue(reader: MessagePackReader): JsonValue {
  const start = reader.position
  const token = reader.token()
  // The usual value is a short text or number: nothing about it can be over a limit.
  const value = readAfter(reader, token, VALUE_DEPTH_MAX, start + VALUE_BYTES_MAX)
  const bytes = reader.position - start
  // By what it takes when it is written again, too: a float 32 comes in 5 bytes and leaves in 9.
  if (bytes * JSON_PER_BYTE_MAX > VALUE_BYTES_MAX && Math.max(bytes, valueBytes(value)) > VALUE_BYTES_MAX) tooLarge()
  return value
}

const tooLarge = (): never => malformed(`a value is over ${VALUE_BYTES_MAX} bytes`)

/** @param endMax where the value must have ended: what is in vain anyway is not made first */
function readAfter(reader: MessagePackReader, token: number, depthMax: number, endMax: number): JsonValue {
  if ((token & 0xe0) === 0xa0 || (token >= 0xd9 && token <= 0xdb)) return reader.textAfter(token, VALUE_BYTES_MAX)
  if ((token & 0xf0) === 0x90 || token === 0xdc || token === 0xdd) return readArray(reader, token, depthMax, endMax)
  if ((token & 0xf0) === 0x80 || token === 0xde || token === 0xdf) return readObject(reader, token, depthMax, endMax)
  if (token === 0xc0) return null
  if (token === 0xc2) return false
  if (token === 0xc3) return true
  return reader.numberAfter(token)
}

function readArray(reader: MessagePackReader, token: number, depthMax: number, endMax: number): JsonValue {
  if (depthMax <= 0) malformed(`a value is nested over ${VALUE_DEPTH_MAX} levels`)
  const length = reader.arrayAfter(token)
  // Exact where the promised length costs little: a list that grows takes room for 17 at its first element.
  const items = length <= EXACT_LENGTH_MAX ? new Array<JsonValue>(length) : []
  for (let i = 0; i < length; i++) {
    items[i] = readAfter(reader, reader.token(), depthMax - 1, endMax)
    if (reader.position > endMax) tooLarge()
  }
  return items
}

function readObject(reader: MessagePackReader, token: number, depthMax: number, endMax: number): JsonValue {
  if (depthMax <= 0) malformed(`a value is nested over ${VALUE_DEPTH_MAX} levels`)
  const size = reader.mapAfter(token)
  const object: Record<string, JsonValue> = {}
  for (let i = 0; i < size; i++) {
    const key = reader.text(VALUE_BYTES_MAX)
    // Two readers could each take another of them.
    if (Object.hasOwn(object, key)) malformed('an object has a key twice')
    const member = readAfter(reader, reader.token(), depthMax - 1, endMax)
    if (reader.position > endMax) tooLarge()
    if (key === '__proto__') Object.defineProperty(object, key, { value: member, ...OWN })
    else object[key] = member
  }
  return object
}

/** Plain assignment of `__proto__` would set the prototype. */
const OWN = { writable: true, enumerable: true, configurable: true } as const
