import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '#codec/frame'
import { decodeUpdate, encodedUpdateBytes, encodeUpdate } from '#codec/update'
import { valueBytes } from '#codec/value'
import type { JsonValue } from '#core/json'
import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '#core/limits'
import type { Update } from '#core/update'
import { sibling } from '../../support/siblings.ts'

const throughWire = (value: JsonValue): JsonValue | undefined => decodeUpdate(encodeUpdate(sibling('a', value))).value

/** A valid update with its value's bytes replaced. */
function withValueBytes(bytes: readonly number[]): Uint8Array {
  const encoded = Buffer.from(encodeUpdate(sibling('a', 'MARK')))
  const at = encoded.indexOf('MARK') - 1
  return Uint8Array.from([...encoded.subarray(0, at), ...bytes, ...encoded.subarray(at + 5)])
}

const nested = (depth: number): JsonValue => (depth === 0 ? 1 : [nested(depth - 1)])

describe('an update on its own', () => {
  it('is refused with UPDATE_INVALID when it is cut, followed by anything, or no update', () => {
    const bytes = encodeUpdate(sibling('a', 1))
    for (const wrong of [
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0)]),
      new Uint8Array(0),
      Buffer.of(0xc0),
    ])
      expect(() => decodeUpdate(wrong)).toThrow(expect.objectContaining({ code: 'UPDATE_INVALID' }))
    expect(decodeUpdate(bytes).value).toBe(1)
  })

  it('is not changed by what is encoded after it, small or large', () => {
    const kept = Array.from({ length: 2_000 }, (_, i) =>
      encodeUpdate(sibling('a', 'v'.repeat(i % 50), { sequence: i + 1 })),
    )
    encodeUpdate(sibling('b', 'x'.repeat(100_000)))
    expect(kept.map((bytes) => decodeUpdate(bytes).sequence)).toEqual(kept.map((_, i) => i + 1))
    expect(kept.every((bytes, i) => decodeUpdate(bytes).value === 'v'.repeat(i % 50))).toBe(true)
  })

  it('keeps no more memory than it needs when it is large', () => {
    const bytes = encodeUpdate(sibling('a', 'é'.repeat(300_000)))
    expect(bytes.buffer.byteLength).toBeLessThan(1.1 * bytes.length)
  })

  it('is counted without being kept', () => {
    const update = sibling('a', { list: [1, 2.5, 'three'] }, { context: { 'b~0123456789abcdef': 3 } })
    const bytes = encodeUpdate(update)
    expect(encodedUpdateBytes(sibling('b', 'x'.repeat(50_000)))).toBeGreaterThan(50_000)
    expect(encodedUpdateBytes(update)).toBe(bytes.length)
  })

  it('shares the texts of origins and sections with every other', () => {
    const decoded = [1, 2].map((sequence) => decodeUpdate(encodeUpdate(sibling('node-1', 'v', { sequence }))))
    // Not observable from within the language but by what it costs; see the memory test below.
    expect(decoded[0]!.origin).toBe(decoded[1]!.origin)
  })

  it('read from large frames keeps none of them alive', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const kept: string[] = []
    const used = (): number => {
      // The first run finds buffers dead, the second frees what they held.
      collect()
      collect()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    const take = (first: number): void => {
      const updates = Array.from({ length: 1_000 }, (_, i) => ({
        ...sibling('a', 'v'.repeat(1_000)),
        parameter: `parameter-${first + i}`,
      }))
      const decoded = decodeFrame(
        Buffer.from(encodeFrame([{ type: 'updates', updates }], Number.MAX_SAFE_INTEGER).bytes),
      )
      if (decoded.outcome === 'rejected' || decoded.messages[0]?.type !== 'updates') throw new Error('not read')
      for (const update of decoded.messages[0].updates) kept.push(update.parameter)
    }
    take(0)
    const before = used()
    for (let round = 1; round <= 60; round++) take(1_000 * round)
    expect(used() - before).toBeLessThan(20 * 1024 * 1024)
    expect(kept).toHaveLength(61_000)
  })
})

describe('a value', () => {
  it.each<JsonValue>([
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    -32,
    -33,
    -128,
    -129,
    -32_768,
    -32_769,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    2 ** 53,
    1e21,
    0.1,
    -0.1,
    5e-324,
    1.7976931348623157e308,
  ])('of %d is the same number on the other side', (n) => {
    expect(throughWire(n)).toBe(n)
  })

  it('of negative zero is zero, as in JSON, whoever wrote it', () => {
    expect(Object.is(throughWire(-0), 0)).toBe(true)
    expect(Object.is(decodeUpdate(withValueBytes([0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0])).value, 0)).toBe(true)
    expect(Object.is(decodeUpdate(withValueBytes([0xca, 0x80, 0, 0, 0])).value, 0)).toBe(true)
  })

  it.each([
    '',
    'a',
    'x'.repeat(31),
    'x'.repeat(32),
    'x'.repeat(255),
    'x'.repeat(256),
    'x'.repeat(70_000),
    'ä'.repeat(16),
    '設定'.repeat(12),
    '👩‍🚀'.repeat(40),
    '\u0000',
    '\ufeffmark',
    'é'.repeat(200),
    '\u{10ffff}',
  ])('of a text is the same text (%#)', (text) => {
    expect(throughWire(text)).toBe(text)
    expect(throughWire({ [text]: text })).toEqual({ [text]: text })
  })

  it('may have any keys, and sets no prototype', () => {
    const value = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"":0,"1":2}') as JsonValue
    const read = throughWire(value) as Record<string, JsonValue>
    expect(JSON.stringify(read)).toBe(JSON.stringify(value))
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect('admin' in read).toBe(false)
  })

  it('with half of a surrogate pair is refused on writing, in texts and in keys', () => {
    for (const value of ['\ud800', ['x'.repeat(100).concat('\udc00')], { '\ud83d': 1 }] as JsonValue[])
      expect(() => encodeUpdate(sibling('a', value))).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
    expect(throughWire('fine again')).toBe('fine again')
  })

  it('that is no JSON is refused on writing', () => {
    for (const value of [Number.NaN, [Number.POSITIVE_INFINITY], { a: undefined }, [1n]] as JsonValue[])
      expect(() => encodeUpdate(sibling('a', value))).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  })

  it.each([
    ['broken UTF-8', [0xa4, 0x61, 0xff, 0x62, 0x63]],
    ['an overlong form', [0xa2, 0xc0, 0x80]],
    ['an encoded surrogate', [0xa3, 0xed, 0xa0, 0x80]],
    ['a key twice', [0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2]],
    ['__proto__ twice', [0x82, 0xa9, ...Buffer.from('__proto__'), 1, 0xa9, ...Buffer.from('__proto__'), 2]],
    ['0xc1', [0xc1]],
    ['an array of four billion', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map of four billion', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a text longer than the frame', [0xdb, 0x00, 0x0f, 0xff, 0xff, 0x61]],
  ])('with %s is refused on reading', (_, bytes) => {
    expect(() => decodeUpdate(withValueBytes(bytes))).toThrow(expect.objectContaining({ code: 'UPDATE_INVALID' }))
    expect(decodeUpdate(withValueBytes([0xa1, 0x61])).value).toBe('a')
  })

  it('may be written in longer forms of numbers than ours', () => {
    expect(decodeUpdate(withValueBytes([0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe])).value).toBe(-2)
    expect(decodeUpdate(withValueBytes([0xcf, 0, 0, 0, 0, 0, 0, 0, 7])).value).toBe(7)
    expect(decodeUpdate(withValueBytes([0xca, 0x3f, 0, 0, 0])).value).toBe(0.5)
    expect(decodeUpdate(withValueBytes([0xcb, 0x40, 0x1c, 0, 0, 0, 0, 0, 0])).value).toBe(7)
  })

  it('may be nested to the limit and not beyond', () => {
    expect(throughWire(nested(VALUE_DEPTH_MAX))).toEqual(nested(VALUE_DEPTH_MAX))
    expect(() => throughWire(nested(VALUE_DEPTH_MAX + 1))).toThrow(/nested/)
    expect(() => decodeUpdate(withValueBytes(new Array(500_000).fill(0x91)))).toThrow(/nested/)
  })

  it('may have 1 MiB of JSON and not a byte more', () => {
    const text = 'x'.repeat(VALUE_BYTES_MAX - 5)
    expect(throughWire(text)).toBe(text)
    expect(() => throughWire('x'.repeat(VALUE_BYTES_MAX - 1))).toThrow(/over 1048576 bytes/)
    // Six bytes of JSON for each of these.
    expect(() => throughWire('\u0001'.repeat(VALUE_BYTES_MAX / 6 + 1))).toThrow(/over 1048576 bytes/)
  })

  it('may have 1 MiB of MessagePack and not more: short fractions take nine bytes', () => {
    const fractions = new Array<number>(Math.ceil(VALUE_BYTES_MAX / 9)).fill(0.1)
    expect(JSON.stringify(fractions).length).toBeLessThan(VALUE_BYTES_MAX / 2)
    expect(valueBytes(fractions)).toBeGreaterThan(VALUE_BYTES_MAX)
    expect(() => throughWire(fractions)).toThrow(/over 1048576 bytes/)
    expect(throughWire(fractions.slice(10))).toHaveLength(fractions.length - 10)
  })

  it('counts as it will be written, not as it came: a short float comes in five bytes and leaves in nine', () => {
    const count = Math.ceil(VALUE_BYTES_MAX / 9)
    const floats = Array.from({ length: count }, () => [0xca, 0x3f, 0, 0, 0]).flat()
    const header = (length: number): number[] => [0xdd, 0, length >> 16, (length >> 8) & 0xff, length & 0xff]
    expect(() => decodeUpdate(withValueBytes([...header(count), ...floats]))).toThrow(/over 1048576 bytes/)
    expect(() => decodeUpdate(withValueBytes([...header(count - 10), ...floats.slice(0, -50)]))).not.toThrow()
  })
})

describe('fields', () => {
  it('may be at their limits', () => {
    const update: Update = {
      ...sibling('n'.repeat(128), null, {
        sequence: Number.MAX_SAFE_INTEGER,
        priority: -(2 ** 31),
        timestampMs: 8_640_000_000_000_000,
        timestampLogical: 2 ** 32 - 1,
        epoch: Number.MAX_SAFE_INTEGER,
      }),
      section: '設'.repeat(42),
      parameter: 'p'.repeat(128),
      rule: `custom:${'r'.repeat(128)}`,
      reason: 'é'.repeat(256),
    }
    expect(decodeUpdate(encodeUpdate(update))).toEqual(update)
  })

  it('of contexts with many origins refer to each by its place', () => {
    const context = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`n${String(i).padStart(3, '0')}~0123456789abcdef`, i + 1]),
    )
    const update = sibling('n299', 1, { context })
    const updates = [update, { ...update, sequence: (update.sequence + 1) as Update['sequence'] }]
    const frame = encodeFrame([{ type: 'updates', updates }], Number.MAX_SAFE_INTEGER)
    expect(decodeFrame(frame.bytes)).toMatchObject({ messages: [{ updates }] })
    expect(frame.plainBytes).toBeLessThan(1.25 * encodedUpdateBytes(update))
  })
})

describe('the trace of an update', () => {
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const traced = { ...sibling('a', 1), trace }
  const with14 = encodeUpdate(sibling('a', 1))

  it('takes no room where there is none, and is read where there is one', () => {
    expect(decodeUpdate(with14).trace).toBeUndefined()
    expect(encodeUpdate(traced).length).toBe(with14.length + 2 + trace.length)
    expect(decodeUpdate(encodeUpdate(traced))).toEqual(traced)
  })

  it('is followed by what later versions add, and nil holds its place', () => {
    const later = [Uint8Array.of(0xc3)]
    for (const update of [
      { ...traced, unknownFields: later },
      { ...sibling('a', 1), unknownFields: later },
    ])
      expect(decodeUpdate(encodeUpdate(update))).toEqual(update)
  })

  it.each([
    ['too short', trace.slice(0, -1)],
    ['of another version', `01${trace.slice(2)}`],
    ['of no trace', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`],
    ['of no span', `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`],
    ['in capitals', trace.toUpperCase()],
    ['too long', `${trace}0`],
  ])('is refused when it is %s', (_, text) => {
    const bytes = encodeUpdate({ ...traced, trace: text })
    expect(() => decodeUpdate(bytes)).toThrow(expect.objectContaining({ code: 'UPDATE_INVALID' }))
  })
})
