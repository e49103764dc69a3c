import { isOrigin, isSequence, type Origin, type Sequence } from '#core/identity'
import { NAME_BYTES_MAX } from '#core/limits'
import { malformed } from './defect.ts'
import { InternedTexts } from './interned.ts'
import { MentionedTexts } from './references.ts'
import { decodeName, decodeSection, decodeText } from './text.ts'

/** `nodeId~incarnation`: 128 and 17 characters. */
const ORIGIN_BYTES_MAX = 145
const HIGH_WORD_MAX = 0x1f_ffff
const NOTHING = Buffer.alloc(0)

/**
 * Reads MessagePack strictly: every method takes one value of its kind and range or ends the frame as malformed.
 * Extensions, binary and map keys that are no strings are refused by never being asked for. Written by hand because a
 * general unpacker creates dates, errors and patterns from extensions, renames `__proto__`, turns keys into strings and
 * mends broken UTF-8: each of them a way in, or a way for two nodes to read different things.
 */
export class MessagePackReader {
  private bytes: Buffer = NOTHING
  private end = 0
  private readonly origins = new MentionedTexts<Origin>()
  private readonly sections = new MentionedTexts<string>()
  private readonly knownOrigins = new InternedTexts()
  private readonly knownSections = new InternedTexts()
  private readonly nameBefore = Buffer.alloc(NAME_BYTES_MAX)
  private nameBytes = 0
  position = 0

  begin(bytes: Uint8Array, from = 0): void {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = from
    this.end = bytes.length
    this.beginScope()
  }

  /** See MessagePackWriter.beginScope. */
  beginScope(): void {
    this.origins.clear()
    this.sections.clear()
  }

  /** Lets go of the bytes, so that a frame lives no longer than its call. */
  finish(): void {
    this.bytes = NOTHING
    this.beginScope()
  }

  get atEnd(): boolean {
    return this.position === this.end
  }

  /** The bytes from `start` to here, as a copy. */
  copyFrom(start: number): Uint8Array {
    return Uint8Array.from(this.bytes.subarray(start, this.position))
  }

  peek(): number {
    if (this.position >= this.end) malformed('the frame ends in the middle of a value')
    return this.bytes[this.position]!
  }

  token(): number {
    const token = this.peek()
    this.position++
    return token
  }

  /** Takes a nil, if that is what comes. */
  nil(): boolean {
    if (this.peek() !== 0xc0) return false
    this.position++
    return true
  }

  boolean(): boolean {
    const token = this.token()
    if (token === 0xc3) return true
    if (token !== 0xc2) malformed(`a boolean was expected, found ${hex(token)}`)
    return false
  }

  array(): number {
    const token = this.token()
    return (token & 0xf0) === 0x90 ? token & 0x0f : this.arrayAfter(token)
  }

  /** How many of something come that take at least a byte each. */
  count(): number {
    return this.counted(this.unsigned(Number.MAX_SAFE_INTEGER), 1)
  }

  /** An array of positions of which this version knows the first `known`; the length, which may be more. */
  tuple(known: number): number {
    const length = this.array()
    if (length < known) malformed(`${known} positions were expected, found ${length}`)
    return length
  }

  /** The count of an array whose token was taken. */
  arrayAfter(token: number): number {
    if ((token & 0xf0) === 0x90) return token & 0x0f
    if (token !== 0xdc && token !== 0xdd) malformed(`an array was expected, found ${hex(token)}`)
    return this.counted(token === 0xdc ? this.uint16() : this.uint32(), 1)
  }

  /** The size of a map whose token was taken. */
  mapAfter(token: number): number {
    if ((token & 0xf0) === 0x80) return token & 0x0f
    return this.counted(token === 0xde ? this.uint16() : this.uint32(), 2)
  }

  /** A whole number of 0 … max. */
  unsigned(max: number): number {
    const token = this.token()
    const value = token < 0x80 ? token : this.integerAfter(token)
    if (value < 0 || value > max) malformed(`an integer of 0 to ${max} was expected, found ${value}`)
    return value
  }

  integer(min: number, max: number): number {
    const value = this.integerAfter(this.token())
    if (value < min || value > max) malformed(`an integer of ${min} to ${max} was expected, found ${value}`)
    return value
  }

  sequence(): Sequence {
    const value = this.unsigned(Number.MAX_SAFE_INTEGER)
    if (!isSequence(value)) malformed('a sequence is at least 1')
    return value
  }

  number(): number {
    return this.numberAfter(this.token())
  }

  numberAfter(token: number): number {
    if (token !== 0xcb && token !== 0xca) return this.integerAfter(token)
    const size = token === 0xcb ? 8 : 4
    this.need(size)
    const value = size === 8 ? this.bytes.readDoubleBE(this.position) : this.bytes.readFloatBE(this.position)
    this.position += size
    if (!Number.isFinite(value)) malformed(`${value} is not JSON`)
    // Negative zero becomes zero, as a writer writes it: two nodes must not read different things of one update.
    return value + 0
  }

  /** A text of at most `bytesMax` bytes of valid UTF-8. */
  text(bytesMax: number): string {
    return this.textAfter(this.token(), bytesMax)
  }

  textAfter(token: number, bytesMax: number): string {
    const length = this.textLength(token, bytesMax)
    const start = this.position
    this.position += length
    return decodeText(this.bytes, start, this.position)
  }

  name(): string {
    const length = this.textLength(this.token(), NAME_BYTES_MAX)
    const start = this.position
    this.position += length
    return decodeName(this.bytes, start, this.position)
  }

  /** The next names are the first of their column. */
  beginNames(): void {
    this.nameBytes = 0
  }

  /** How many bytes it shares with the name of the call before, and the rest of it. */
  nextName(): string {
    const shared = this.unsigned(this.nameBytes)
    const length = this.textLength(this.token(), NAME_BYTES_MAX - shared)
    const start = this.position
    for (let i = 0; i < length; i++) this.nameBefore[shared + i] = this.bytes[start + i]!
    this.position = start + length
    this.nameBytes = shared + length
    return decodeName(this.nameBefore, 0, this.nameBytes)
  }

  section(): string {
    const token = this.token()
    if (token < 0x80) return this.sections.at(token)
    if (token === 0xcc || token === 0xcd || token === 0xce) return this.sections.at(this.integerAfter(token))
    const start = this.position + textHeaderRest(token)
    const end = start + this.textLength(token, NAME_BYTES_MAX)
    const section = this.knownSections.find(this.bytes, start, end) ?? this.newSection(start, end)
    this.position = end
    this.sections.add(section)
    return section
  }

  origin(): Origin {
    const token = this.token()
    if (token < 0x80) return this.origins.at(token)
    if (token === 0xcc || token === 0xcd || token === 0xce) return this.origins.at(this.integerAfter(token))
    const start = this.position + textHeaderRest(token)
    const end = start + this.textLength(token, ORIGIN_BYTES_MAX)
    const origin = (this.knownOrigins.find(this.bytes, start, end) as Origin | undefined) ?? this.newOrigin(start, end)
    this.position = end
    this.origins.add(origin)
    return origin
  }

  /** An integer of any form whose token was taken; never beyond what a double holds exactly. */
  integerAfter(token: number): number {
    if (token < 0x80) return token
    if (token >= 0xe0) return token - 0x100
    switch (token) {
      case 0xcc:
        return this.token()
      case 0xcd:
        return this.uint16()
      case 0xce:
        return this.uint32()
      case 0xcf:
        return this.uint64()
      case 0xd0:
        return (this.token() << 24) >> 24
      case 0xd1:
        return (this.uint16() << 16) >> 16
      case 0xd2:
        return this.uint32() | 0
      case 0xd3:
        return this.int64()
      default:
        return malformed(`a number was expected, found ${hex(token)}`)
    }
  }

  uint16(): number {
    this.need(2)
    const at = this.position
    this.position = at + 2
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  uint32(): number {
    this.need(4)
    const { bytes, position: at } = this
    this.position = at + 4
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }

  /** Moves over bytes whose content does not matter. */
  pass(count: number): void {
    this.need(count)
    this.position += count
  }

  private uint64(): number {
    const high = this.uint32()
    const low = this.uint32()
    if (high > HIGH_WORD_MAX) malformed('an integer is over 2^53 - 1')
    return high * 0x1_0000_0000 + low
  }

  private int64(): number {
    const high = this.uint32() | 0
    const value = high * 0x1_0000_0000 + this.uint32()
    if (!Number.isSafeInteger(value)) malformed('an integer is beyond 2^53 - 1')
    return value
  }

  private textLength(token: number, bytesMax: number): number {
    let length: number
    if ((token & 0xe0) === 0xa0) length = token & 0x1f
    else if (token === 0xd9) length = this.token()
    else if (token === 0xda) length = this.uint16()
    else if (token === 0xdb) length = this.uint32()
    else return malformed(`a text was expected, found ${hex(token)}`)
    if (length > bytesMax) malformed(`a text of at most ${bytesMax} bytes was expected, found ${length}`)
    this.need(length)
    return length
  }

  private newSection(start: number, end: number): string {
    const section = decodeSection(this.bytes, start, end)
    this.knownSections.keep(this.bytes, start, end, section)
    return section
  }

  private newOrigin(start: number, end: number): Origin {
    const origin = decodeText(this.bytes, start, end)
    if (!isOrigin(origin)) malformed('an origin is no nodeId~incarnation')
    this.knownOrigins.keep(this.bytes, start, end, origin)
    return origin
  }

  /** A count of elements that take at least `bytesEach`: refused before anything is allocated for it. */
  private counted(count: number, bytesEach: number): number {
    this.need(count * bytesEach)
    return count
  }

  private need(count: number): void {
    if (count > this.end - this.position) malformed('the frame ends in the middle of a value')
  }
}

const hex = (token: number): string => `0x${token.toString(16).padStart(2, '0')}`
const textHeaderRest = (token: number): number => (token === 0xd9 ? 1 : token === 0xda ? 2 : token === 0xdb ? 4 : 0)
