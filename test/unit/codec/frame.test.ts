import { zstdCompressSync } from 'node:zlib'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { type DecodedFrame, decodeFrame, encodeFrame } from '#codec/frame'
import { FRAME_BYTES_MAX, FRAME_MESSAGES_MAX, UNKNOWN_FIELDS_BYTES_MAX, UNKNOWN_FIELDS_MAX } from '#core/limits'
import type { Message } from '#core/protocol'
import { framed, PACKED, resealed } from '../../support/frames.ts'
import { sibling } from '../../support/siblings.ts'

/** Written by another implementation, so that a mistake of ours on both sides shows. */
const packr = new Packr({ useRecords: false, variableMapSize: true })

/** A frame of hand-made messages. */
const frameOf = (messages: unknown[], header = {}): Uint8Array => framed(packr.pack(messages), header)

const packedFrame = (body: Uint8Array): Uint8Array => framed(zstdCompressSync(body), { flags: PACKED })

const codeOf = (decoded: DecodedFrame): string => (decoded.outcome === 'rejected' ? decoded.code : 'read')

/** Positions of a valid update, for one to be spoilt. */
const UPDATE: unknown[] = ['mesh', 'p', false, 15, 'a~0123456789abcdef', 7, 1_750_000_000, 0, 0, 0, 0, [], null, null]
const A = 'a~0123456789abcdef'
const B = 'b~0123456789abcdef'

const withField = (position: number, value: unknown): unknown[] => UPDATE.with(position, value)
const readUpdates = (...updates: unknown[]): DecodedFrame => decodeFrame(frameOf([[0, updates]]))

describe('a frame', () => {
  it('of a 16-byte value takes at most 150 bytes', () => {
    const message: Message = { type: 'updates', updates: [sibling('node-1', 'sixteen bytes ok')] }
    expect(encodeFrame([message], 1024).bytes.length).toBeLessThanOrEqual(110)
  })

  it('is compressed over the threshold, when that makes it smaller', () => {
    const message: Message = { type: 'updates', updates: [sibling('a', 'x'.repeat(3000))] }
    expect(encodeFrame([message], 10_000)).toMatchObject({ compressed: false })
    const packed = encodeFrame([message], 1_000)
    expect(packed.compressed).toBe(true)
    expect(packed.bytes.length).toBeLessThan(300)
    expect(packed.plainBytes).toBeGreaterThan(3000)
    expect(encodeFrame([{ type: 'probe' }], 0).compressed).toBe(false)
  })

  it('over the limit is not written', () => {
    const updates = [1, 2, 3].map((sequence) => sibling('a', 'x'.repeat(900_000), { sequence }))
    expect(() => encodeFrame([{ type: 'updates', updates }], 1024)).toThrow(/FRAME_TOO_LARGE/)
    expect(decodeFrame(encodeFrame([{ type: 'probe' }], 1024).bytes).outcome).toBe('decoded')
  })

  it('of nothing, of text and of bare MessagePack are malformed', () => {
    for (const bytes of [[], [0xc1], [0xc1, 1, 0], [...Buffer.from('GET / HTTP/1.1')], [0x93, 1, 2, 3]])
      expect(codeOf(decodeFrame(Uint8Array.from(bytes)))).toBe('FRAME_MALFORMED')
  })

  it('of another version, or with a flag that changes its reading, is FRAME_VERSION; other flags are ignored', () => {
    expect(codeOf(decodeFrame(frameOf([[5]], { version: 2 })))).toBe('FRAME_VERSION')
    expect(codeOf(decodeFrame(frameOf([[5]], { version: 0 })))).toBe('FRAME_VERSION')
    expect(codeOf(decodeFrame(frameOf([[5]], { flags: 0x02 })))).toBe('FRAME_VERSION')
    expect(codeOf(decodeFrame(frameOf([[5]], { flags: 0x80 })))).toBe('read')
  })

  it('of which any bit was flipped on the way is refused', () => {
    const { bytes } = encodeFrame([{ type: 'updates', updates: [sibling('node-1', 15)] }], 1024)
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = bytes.with(bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7)))
      expect(codeOf(decodeFrame(damaged))).toMatch(/^FRAME_(MALFORMED|VERSION)$/)
    }
  })

  it('over the limit is refused before it is looked at', () => {
    expect(codeOf(decodeFrame(new Uint8Array(FRAME_BYTES_MAX + 1)))).toBe('FRAME_TOO_LARGE')
  })

  it('that unpacks to over the limit is refused without unpacking it', () => {
    const bomb = packedFrame(new Uint8Array(256 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(50_000)
    // Memory outside the heap, where it would be unpacked to. No peak is visible afterwards, so this is the least of it.
    const before = process.memoryUsage().arrayBuffers
    expect(codeOf(decodeFrame(bomb))).toBe('FRAME_TOO_LARGE')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * FRAME_BYTES_MAX)
  })

  it('that asks for a window over 4 MiB is refused', () => {
    const body = packr.pack([[5]])
    const withWindow = (log: number): Uint8Array => {
      // By hand (RFC 8878): no content size, a window of 2^log, one last raw block.
      const zstd = [0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3, (body.length << 3) | 1, 0, 0, ...body]
      return framed(Buffer.from(zstd), { flags: PACKED })
    }
    expect(codeOf(decodeFrame(withWindow(22)))).toBe('read')
    expect(codeOf(decodeFrame(withWindow(23)))).toBe('FRAME_MALFORMED')
  })

  it('whose packed part is cut, damaged or no zstd is malformed', () => {
    const whole = packedFrame(packr.pack([[0, [withField(3, 'x'.repeat(500))]]]))
    expect(codeOf(decodeFrame(whole))).toBe('read')
    expect(codeOf(decodeFrame(resealed(whole.subarray(0, whole.length - 4))))).toBe('FRAME_MALFORMED')
    expect(codeOf(decodeFrame(resealed(whole.with(10, whole[10]! ^ 0xff))))).toBe('FRAME_MALFORMED')
    expect(codeOf(decodeFrame(framed(Buffer.of(1, 2, 3), { flags: PACKED })))).toBe('FRAME_MALFORMED')
  })

  it('with bytes after the last message is malformed', () => {
    expect(codeOf(decodeFrame(resealed(Uint8Array.from([...frameOf([[5]]), 0]))))).toBe('FRAME_MALFORMED')
  })

  it('with bytes after its packed part is malformed, another packed part too', () => {
    const body = packr.pack([[5]])
    const packed = packedFrame(body)
    expect(codeOf(decodeFrame(packed))).toBe('read')
    expect(codeOf(decodeFrame(resealed(Uint8Array.from([...packed, 0]))))).toBe('FRAME_MALFORMED')
    expect(codeOf(decodeFrame(resealed(Uint8Array.from([...packed, ...zstdCompressSync(body)]))))).toBe(
      'FRAME_MALFORMED',
    )
  })

  it('may have 1,024 messages, and not as many as it has bytes', () => {
    const probes = (count: number): unknown[] => new Array(count).fill([5])
    expect(codeOf(decodeFrame(frameOf(probes(FRAME_MESSAGES_MAX))))).toBe('read')
    expect(codeOf(decodeFrame(frameOf(probes(FRAME_MESSAGES_MAX + 1))))).toBe('FRAME_MALFORMED')
  })
})

describe('what a later version adds', () => {
  it('as a type of message is skipped and counted, whatever is in it', () => {
    const later = [99, { any: ['thing'] }, new Date(0), Buffer.of(1, 2), -1.5, 'x'.repeat(300), new Array(20).fill(7)]
    const decoded = decodeFrame(frameOf([[5], later, [0, [UPDATE]], [98]]))
    expect(decoded).toMatchObject({
      outcome: 'decoded',
      skipped: 2,
      messages: [{ type: 'probe' }, { type: 'updates' }],
    })
  })

  it('at the end of a message is passed over', () => {
    expect(decodeFrame(frameOf([[6, '0123456789abcdef', 'reason', { more: 1 }]]))).toMatchObject({
      messages: [{ type: 'leave', runId: '0123456789abcdef' }],
    })
  })

  it('at the end of an update is kept as it is and written again unchanged', () => {
    const later = [...UPDATE, null, { a: [1, new Date(5)] }, Buffer.of(9, 9), -7]
    const frame = frameOf([[0, [later, UPDATE]]])
    const decoded = decodeFrame(frame)
    if (decoded.outcome === 'rejected') throw new Error(decoded.detail)
    const again = decodeFrame(encodeFrame(decoded.messages, 1024).bytes)
    expect(again).toEqual(decoded)
    const message = decoded.messages[0] as Extract<Message, { type: 'updates' }>
    expect(message.updates.map((update) => update.unknownFields?.length)).toEqual([3, undefined])
    expect(message.updates[0]!.unknownFields![1]).toEqual(Uint8Array.of(0xc4, 2, 9, 9))
  })
})

describe('the clock of a receipt', () => {
  it('is left out by older nodes, and may be nil', () => {
    for (const receipt of [
      [33, [7]],
      [33, [7], null],
    ])
      expect(decodeFrame(frameOf([receipt]))).toMatchObject({ controls: [{ numbers: [7], clockMs: undefined }] })
    expect(decodeFrame(frameOf([[33, [7], 1.5]]))).toMatchObject({ controls: [{ numbers: [7], clockMs: 1.5 }] })
  })

  it.each([[-1], [8_640_000_000_000_001], [Number.NaN], ['now']])('is no %s', (clock) => {
    expect(codeOf(decodeFrame(frameOf([[33, [7], clock]])))).toBe('FRAME_MALFORMED')
  })
})

describe('what is too much for a later version', () => {
  it.each([
    ['65 fields', new Array(UNKNOWN_FIELDS_MAX + 1).fill(null)],
    ['64 KiB', ['x'.repeat(UNKNOWN_FIELDS_BYTES_MAX)]],
  ])('%s at the end of an update', (_, fields) => {
    expect(codeOf(readUpdates([...UPDATE, ...new Array(UNKNOWN_FIELDS_MAX).fill(null)]))).toBe('read')
    expect(codeOf(readUpdates([...UPDATE, null, ...fields]))).toBe('FRAME_MALFORMED')
  })
})

describe('a malformed update', () => {
  it.each([
    ['is no array', { section: 'mesh' }],
    ['has too few positions', UPDATE.slice(0, 13)],
    ['has an empty section', withField(0, '')],
    ['has a section with a dot', withField(0, 'a.b')],
    ['has a section of 129 bytes', withField(0, 'x'.repeat(129))],
    ['has a section that is no text', withField(0, 1.5)],
    ['refers to a section not mentioned', withField(0, 3)],
    ['has an empty parameter', withField(1, '')],
    ['has a parameter with a control character', withField(1, 'a\u0007')],
    ['has a parameter of 43 characters of 3 bytes', withField(1, '設'.repeat(43))],
    ['has a mark that is no boolean', withField(2, 1)],
    ['is a tombstone with a value', withField(2, true)],
    ['has a binary value', withField(3, Buffer.of(1))],
    ['has a date as value', withField(3, new Date(0))],
    ['has an extension within its value', withField(3, [{ a: new Date(0) }])],
    ['has NaN as value', withField(3, Number.NaN)],
    ['has an infinity as value', withField(3, [Number.NEGATIVE_INFINITY])],
    ['has an integer over 2^53 as value', withField(3, 2n ** 53n)],
    ['has an integer under -2^53 as value', withField(3, -(2n ** 53n))],
    ['has a key that is no text', withField(3, new Map([[1, 2]]))],
    ['has an origin without incarnation', withField(4, 'a')],
    ['has an origin in capitals', withField(4, 'a~0123456789ABCDEF')],
    ['has an origin of another alphabet', withField(4, 'ä~0123456789abcdef')],
    ['has sequence 0', withField(5, 0)],
    ['has a negative sequence', withField(5, -1)],
    ['has a sequence with a fraction', withField(5, 1.5)],
    ['has a stamp beyond every calendar', withField(6, 8_640_000_000_000_001n)],
    ['has a logical count over 32 bits', withField(7, 2n ** 32n)],
    ['has a priority over 31 bits', withField(8, 2 ** 31)],
    ['has a priority under -2^31', withField(8, -(2n ** 31n) - 1n)],
    ['has an unknown number as rule', withField(9, 6)],
    ['has an unknown name as rule', withField(9, 'newest')],
    ['has a custom rule without a name', withField(9, 'custom:')],
    ['has a negative epoch', withField(10, -1)],
    ['has a context that is no array', withField(11, 5)],
    ['has half an entry in its context', withField(11, [B])],
    ['has a context that names its own origin', withField(11, [A, 1])],
    ['has a context that does not ascend', withField(11, ['c~0123456789abcdef', 1, B, 1])],
    ['has a context with an origin twice', withField(11, [B, 1, 1, 2])],
    ['has a context with sequence 0', withField(11, [B, 0])],
    ['has a group of one', withField(12, [0, 1])],
    ['has a place outside its group', withField(12, [2, 2])],
    ['has a place before its origin began', withField(12, [7, 9])],
    ['has a reason of 513 bytes', withField(13, 'x'.repeat(513))],
  ])('that %s', (_, update) => {
    expect(codeOf(readUpdates(UPDATE))).toBe('read')
    expect(codeOf(readUpdates(update))).toBe('FRAME_MALFORMED')
    expect(codeOf(readUpdates(UPDATE, update))).toBe('FRAME_MALFORMED')
  })
})

describe('a malformed message', () => {
  const HASH = [1, 2] as const
  const BEAT: unknown[] = [
    1,
    'a',
    '0123456789abcdef',
    1,
    A,
    1000,
    false,
    true,
    0,
    false,
    ...HASH,
    ...HASH,
    [],
    3,
    0.5,
    'prod',
    1,
    1,
    ...HASH,
    '',
    [],
  ]
  const REQUEST: unknown[] = [2, 1, [], null, null, false, false]
  const ANSWER: unknown[] = [3, 1, [], true, null, null, null, ...HASH, false, null]

  it.each([
    ['is no array', 5],
    ['is empty', []],
    ['has a text as type', ['updates', []]],
    ['has too few positions', [2, 1]],
    ['beats as nobody', BEAT.with(1, '')],
    ['beats with a short run id', BEAT.with(2, '0123')],
    ['beats with number 0', BEAT.with(3, 0)],
    ['beats with the origin of another', BEAT.with(4, B)],
    ['beats with interval 0', BEAT.with(5, 0)],
    ['beats with an interval over a day', BEAT.with(5, 86_400_001)],
    ['beats with a digest over 32 bits', BEAT.with(10, 2 ** 33)],
    [
      'lists 33 recent origins',
      BEAT.with(
        14,
        Array.from({ length: 33 }, (_, i) => [`n${i}~0123456789abcdef`, 1]),
      ),
    ],
    [
      'lists a recent origin twice',
      BEAT.with(14, [
        [B, 1],
        [1, 2],
      ]),
    ],
    [
      'lists nine recent ranges',
      BEAT.with(14, [[B, 1, ...Array.from({ length: 9 }, (_, i) => [10 * i + 5, 10 * i + 6]).flat()]]),
    ],
    ['has an unknown mode', BEAT.with(15, 4)],
    ['has a load over 1', BEAT.with(16, 1.5)],
    ['has a cluster with a control character', BEAT.with(17, 'a\n')],
    ['has protocols that descend', BEAT.with(18, 2)],
    ['has an address of 513 bytes', BEAT.with(22, 'x'.repeat(513))],
    ['has nine addresses', BEAT.with(23, new Array(9).fill('a:1'))],
    [
      'has a coverage that does not ascend',
      REQUEST.with(2, [
        [B, 1],
        [A, 1],
      ]),
    ],
    [
      'has a coverage with an origin twice',
      REQUEST.with(2, [
        [A, 1],
        [0, 1],
      ]),
    ],
    ['has a range without an end', REQUEST.with(2, [[A, 1, 3]])],
    ['has a range that is adjacent', REQUEST.with(2, [[A, 1, 2, 3]])],
    ['has ranges that touch', REQUEST.with(2, [[A, 1, 3, 4, 5, 6]])],
    ['has a range that ends before it begins', REQUEST.with(2, [[A, 1, 5, 4]])],
    ['has a cursor of two', REQUEST.with(4, [A, 1, B, 1])],
    ['has collected dots that do not ascend', ANSWER.with(6, [B, 1, A, 1])],
    ['has a dot twice among the held ones', ANSWER.with(10, [[A, 0, 1, 2, 2, 3]])],
    ['leaves without a run', [6, null]],
    ['asks nobody for a receipt', [32, 1, '']],
    ['confirms 257 numbers', [33, new Array(257).fill(1)]],
  ])('that %s', (_, message) => {
    expect([BEAT, REQUEST, ANSWER].map((valid) => codeOf(decodeFrame(frameOf([valid]))))).toEqual([
      'read',
      'read',
      'read',
    ])
    expect(codeOf(decodeFrame(frameOf([[5], message])))).toBe('FRAME_MALFORMED')
  })
})
