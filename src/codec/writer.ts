import { ConfigSyncError } from '#core/errors'
import type { Origin } from '#core/identity'
import type { JsonObject, JsonValue } from '#core/json'
import { ReferenceTable } from './references.ts'

/** Small results share one allocation, as Node's own buffer pool does; a large one gets its own. */
const SLAB_BYTES = 16 * 1024
const SLAB_LEFT_MIN = 1024
/** Below this a loop over characters is quicker than a call into the runtime. */
const LOOP_LENGTH_MAX = 24
/** From here on counting the bytes first costs less than room for the worst case. */
const COUNTED_LENGTH_MIN = 256

/**
 * Writes MessagePack: always the shortest form of integers, only nil, booleans, integers, float 64, strings, arrays and
 * maps. Written by hand because it puts fields down straight from their objects: no array for each update in between,
 * and none of the extensions that a general packer falls back to.
 */
export class MessagePackWriter {
  private bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
  private position = 0
  private start = 0
  private readonly origins = new ReferenceTable()
  private readonly sections = new ReferenceTable()

  /** Begins a result. The one before was finished or is forgotten. */
  begin(): void {
    if (this.bytes.length - this.start < SLAB_LEFT_MIN) {
      this.bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.start = 0
    }
    this.position = this.start
    this.beginScope()
  }

  /** Origins and sections are written out at their first mention from here on, and as an index later. */
  beginScope(): void {
    this.origins.clear()
    this.sections.clear()
  }

  get length(): number {
    return this.position - this.start
  }

  /** What was written since begin(); never changed afterwards. */
  finish(): Buffer {
    const result = this.bytes.subarray(this.start, this.position)
    this.start = this.position
    if (this.bytes.length === SLAB_BYTES) return result
    // What grew has room to spare, which must not live as long as the result.
    this.bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
    this.start = 0
    return Buffer.from(result)
  }

  byte(value: number): void {
    this.ensure(1)
    this.bytes[this.position++] = value
  }

  nil(): void {
    this.byte(0xc0)
  }

  boolean(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2)
  }

  array(length: number): void {
    this.header(length, 0x90, 0xdc)
  }

  map(size: number): void {
    this.header(size, 0x80, 0xde)
  }

  /** Bytes that are MessagePack already. */
  raw(encoded: Uint8Array): void {
    this.ensure(encoded.length)
    this.bytes.set(encoded, this.position)
    this.position += encoded.length
  }

  /** A safe integer. */
  integer(value: number): void {
    this.ensure(9)
    if (value >= 0) this.unsigned(value)
    else this.negative(value)
  }

  /** Any finite number; a negative zero becomes zero. */
  number(value: number): void {
    if (Number.isSafeInteger(value)) {
      this.integer(value)
      return
    }
    if (!Number.isFinite(value)) throw new ConfigSyncError('VALUE_INVALID', `${value} is not JSON`)
    this.ensure(9)
    this.bytes[this.position] = 0xcb
    this.bytes.writeDoubleBE(value, this.position + 1)
    this.position += 9
  }

  text(text: string): void {
    const length = text.length
    this.ensure(5 + (length > COUNTED_LENGTH_MIN ? Buffer.byteLength(text) : length * 3))
    if (length > LOOP_LENGTH_MAX || !this.shortAscii(text, length)) this.utf8(text, length)
  }

  origin(origin: Origin): void {
    const index = this.origins.index(origin)
    if (index < 0) this.text(origin)
    else this.integer(index)
  }

  section(section: string): void {
    const index = this.sections.index(section)
    if (index < 0) this.text(section)
    else this.integer(index)
  }

  /** @throws ConfigSyncError VALUE_INVALID for what is not JSON in valid Unicode */
  json(value: JsonValue): void {
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') this.number(value)
    else if (typeof value === 'boolean') this.boolean(value)
    else if (value === null) this.nil()
    else if (Array.isArray(value)) {
      this.array(value.length)
      for (let i = 0; i < value.length; i++) this.json(value[i])
    } else if (typeof value === 'object') this.object(value as JsonObject)
    else throw new ConfigSyncError('VALUE_INVALID', `a ${typeof value} is not JSON`)
  }

  private object(object: JsonObject): void {
    const keys = Object.keys(object)
    this.map(keys.length)
    for (const key of keys) {
      this.text(key)
      this.json(object[key]!)
    }
  }

  private header(count: number, fixed: number, sized: number): void {
    this.ensure(5)
    if (count < 16) this.bytes[this.position++] = fixed | count
    else if (count < 0x1_0000) this.sized16(sized, count)
    else this.sized32(sized + 1, count)
  }

  private unsigned(value: number): void {
    if (value < 0x80) this.bytes[this.position++] = value
    else if (value < 0x100) {
      this.bytes[this.position++] = 0xcc
      this.bytes[this.position++] = value
    } else if (value < 0x1_0000) this.sized16(0xcd, value)
    else if (value < 0x1_0000_0000) this.sized32(0xce, value)
    else {
      this.sized32(0xcf, Math.floor(value / 0x1_0000_0000))
      this.word(value)
    }
  }

  private negative(value: number): void {
    if (value >= -0x20) this.bytes[this.position++] = value
    else if (value >= -0x80) {
      this.bytes[this.position++] = 0xd0
      this.bytes[this.position++] = value
    } else if (value >= -0x8000) this.sized16(0xd1, value)
    else if (value >= -0x8000_0000) this.sized32(0xd2, value)
    else {
      this.sized32(0xd3, Math.floor(value / 0x1_0000_0000))
      this.word(value)
    }
  }

  private sized16(token: number, value: number): void {
    this.bytes[this.position++] = token
    this.bytes[this.position++] = value >> 8
    this.bytes[this.position++] = value
  }

  private sized32(token: number, value: number): void {
    this.bytes[this.position++] = token
    this.word(value)
  }

  /** The low 32 bits, as a conversion to an integer takes them of any safe integer. */
  private word(value: number): void {
    const low = value | 0
    this.bytes[this.position++] = low >> 24
    this.bytes[this.position++] = low >> 16
    this.bytes[this.position++] = low >> 8
    this.bytes[this.position++] = low
  }

  private shortAscii(text: string, length: number): boolean {
    const at = this.position + 1
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return false
      this.bytes[at + i] = unit
    }
    this.bytes[this.position] = 0xa0 | length
    this.position = at + length
    return true
  }

  private utf8(text: string, length: number): void {
    // The header's size is known for ASCII; other text may turn out to need a longer one.
    const guess = textHeaderBytes(length)
    const written = this.bytes.write(text, this.position + guess, 'utf8')
    if (written !== length && !text.isWellFormed())
      throw new ConfigSyncError('VALUE_INVALID', 'a text holds half of a surrogate pair')
    const header = textHeaderBytes(written)
    if (header !== guess)
      this.bytes.copyWithin(this.position + header, this.position + guess, this.position + guess + written)
    if (header === 1) this.bytes[this.position++] = 0xa0 | written
    else if (header === 2) {
      this.bytes[this.position++] = 0xd9
      this.bytes[this.position++] = written
    } else if (header === 3) this.sized16(0xda, written)
    else this.sized32(0xdb, written)
    this.position += written
  }

  private ensure(more: number): void {
    if (this.position + more > this.bytes.length) this.grow(more)
  }

  private grow(more: number): void {
    const used = this.length
    const larger = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (used + more)))
    this.bytes.copy(larger, 0, this.start, this.position)
    this.bytes = larger
    this.start = 0
    this.position = used
  }
}

const textHeaderBytes = (length: number): number => (length < 0x20 ? 1 : length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5)
