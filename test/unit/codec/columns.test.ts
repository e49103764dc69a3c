import { describe, expect, it } from 'vitest'
import { readColumns, writeColumns } from '#codec/columns'
import { decodeFrame, encodeFrame } from '#codec/frame'
import { MessagePackReader } from '#codec/reader'
import { MessagePackWriter } from '#codec/writer'
import type { PullAnswer } from '#core/protocol'
import type { Update } from '#core/update'
import { framed } from '../../support/frames.ts'
import { sibling } from '../../support/siblings.ts'

const ORIGIN = 'node-1~0000000000000000'
const NEVER_COMPRESS = Number.MAX_SAFE_INTEGER

type Write = (to: MessagePackWriter) => void

const list =
  (...items: unknown[]): Write =>
  (to) =>
    to.json(items as never)

/** Two updates of one origin, as plain MessagePack: each column can be replaced. */
const PLAIN = {
  count: (to: MessagePackWriter) => to.integer(2),
  section: list('mesh', 2),
  parameter: list(0, 'first', 0, 'second'),
  tombstone: list(false, 2),
  value: list(1, null),
  origin: list(ORIGIN, 2),
  sequence: list(1, 2),
  timestamp: list(1_000, 1, 0, 1),
  logical: list(0, 2),
  priority: list(0, 2),
  rule: list(0, 2),
  epoch: list(0, 2),
  context: list([], 2),
  group: list([0, 2], 2),
  reason: list(null, 2),
} satisfies Record<string, Write>

function read(columns: Partial<Record<keyof typeof PLAIN, Write>> = {}): Update[] {
  const to = new MessagePackWriter()
  to.begin()
  to.array(15)
  for (const write of Object.values({ ...PLAIN, ...columns })) write(to)
  const from = new MessagePackReader()
  from.begin(to.finish())
  const updates = readColumns(from)
  expect(from.atEnd).toBe(true)
  return updates
}

const answer = (updates: readonly Update[], columns: boolean): PullAnswer => ({
  session: 1,
  updates,
  last: false,
  cursor: undefined,
  snapshot: undefined,
  collected: undefined,
  basis: [0, 0],
  full: false,
  dots: undefined,
  columns,
})

const sizeOf = (updates: readonly Update[], columns: boolean): number =>
  encodeFrame([{ type: 'pullAnswer', answer: answer(updates, columns) }], NEVER_COMPRESS).bytes.length

describe('updates in columns', () => {
  it('are read as the rows that they stand for', () => {
    const [first, second] = read()
    expect(first).toMatchObject({ parameter: 'first', value: 1, sequence: 1, timestampMs: 1_000, timestampLogical: 0 })
    expect(second).toMatchObject({
      parameter: 'second',
      value: null,
      sequence: 2,
      timestampMs: 1_000,
      timestampLogical: 1,
    })
    expect(second!.group).toEqual({ first: 1, size: 2 })
  })

  it.each<[string, Partial<Record<keyof typeof PLAIN, Write>>]>([
    ['a count beyond the bytes that follow', { count: (to) => to.integer(1_000_000) }],
    ['too few rows in a column', { section: list('mesh', 1) }],
    ['too many rows in a column', { section: list('mesh', 3) }],
    ['an empty run', { section: list('mesh', 0, 'other', 2) }],
    ['a value without its count', { section: list('mesh', 2, 'other') }],
    ['too few names', { parameter: list(0, 'first') }],
    ['a name that shares more than there was', { parameter: list(0, 'first', 6, 'x') }],
    ['a name that shares too much to be short enough', { parameter: list(0, 'x'.repeat(128), 128, 'x') }],
    ['an empty name', { parameter: list(0, 'first', 0, '') }],
    ['a section with a dot', { section: list('a.b', 2) }],
    ['a tombstone with a value', { tombstone: list(true, 2) }],
    ['too few values', { value: list(1) }],
    ['no origin', { origin: list('nobody', 2) }],
    ['a sequence below 1', { sequence: list(1, 1, -1, 1) }],
    ['a sequence beyond what a double holds', { sequence: list(Number.MAX_SAFE_INTEGER, 1, 1, 1) }],
    ['a timestamp that goes below 0', { timestamp: list(1_000, 1, -1_001, 1) }],
    ['a timestamp beyond the calendar', { timestamp: list(8_640_000_000_000_000, 1, 1, 1) }],
    ['a logical part below 0', { logical: list(-1, 2) }],
    ['a logical part over 32 bits', { logical: list(0, 1, 0xffff_ffff, 1) }],
    ['a priority over 32 bits', { priority: list(2 ** 31, 2) }],
    ['an unknown rule', { rule: list(9, 2) }],
    ['a context that names its own origin', { context: list([ORIGIN, 1], 2) }],
    ['a group that ends before its second update', { sequence: list(1, 1, 5, 1) }],
    ['a group of one', { group: list([0, 1], 2) }],
    ['a group that begins before the first dot', { group: list([1, 3], 2) }],
  ])('refuse %s', (_what, columns) => {
    expect(() => read(columns)).toThrow(expect.objectContaining({ code: 'FRAME_MALFORMED' }))
  })

  it('refuse a context that so many share that looking at it would take hours', () => {
    const rows = 20_000
    const origins = Array.from({ length: 100 }, (_, i) => [`n${String(i).padStart(3, '0')}~0000000000000000`, 1]).flat()
    const all = (value: unknown): Write => list(value, rows)
    const columns = Object.fromEntries(
      Object.entries({ section: 'mesh', tombstone: false, origin: ORIGIN, sequence: 1, timestamp: 0, logical: 0 }).map(
        ([column, value]) => [column, all(value)],
      ),
    )
    const rest = { priority: all(0), rule: all(0), epoch: all(0), group: all(null), reason: all(null) }
    expect(() =>
      read({
        ...columns,
        ...rest,
        count: (to) => to.integer(rows),
        parameter: list(...Array.from({ length: rows }, () => [0, 'p']).flat()),
        value: list(...Array.from({ length: rows }, () => 1)),
        context: all(origins),
      }),
    ).toThrow(/contexts have over/)
  })

  it('take no more than a fraction of what they take in rows besides their values', () => {
    const updates = Array.from({ length: 500 }, (_, i) => ({
      ...sibling('node-1', i, { sequence: i + 1 }),
      parameter: `parameter_${i}`,
    }))
    expect(sizeOf(updates, true)).toBeLessThan(sizeOf(updates, false) / 3)
  })

  it('are not used for updates of a later version, whose positions have no column', () => {
    const update = { ...sibling('node-1', 1), unknownFields: [Uint8Array.of(0xc0)] }
    expect(sizeOf([update], true)).toBe(sizeOf([update], false))
  })

  it('an older node is answered in rows, and its own answers and questions are read', () => {
    const to = new MessagePackWriter()
    to.begin()
    to.byte(0x92)
    list(2, 5, [], null, null, false, false)(to)
    list(3, 5, [], true, null, null, null, 0, 0, false, null)(to)
    expect(decodeFrame(framed(to.finish()))).toMatchObject({
      outcome: 'decoded',
      messages: [
        { type: 'pullRequest', request: { session: 5, columns: false } },
        { type: 'pullAnswer', answer: { session: 5, last: true, columns: false } },
      ],
    })
  })

  it('an answer has its updates in one form', () => {
    const to = new MessagePackWriter()
    to.begin()
    to.byte(0x91)
    to.array(12)
    to.integer(3)
    to.integer(5)
    to.array(1)
    list('mesh', 'p', false, 1, ORIGIN, 1, 0, 0, 0, 0, 0, [], null, null)(to)
    for (const rest of [true, null, null, null, 0, 0, false, null]) to.json(rest)
    writeColumns(to, [sibling('node-1', 1)])
    expect(decodeFrame(framed(to.finish()))).toMatchObject({ outcome: 'rejected', code: 'FRAME_MALFORMED' })
  })
})
