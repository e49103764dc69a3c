import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeColumns } from '#codec/columns'
import { encodeFrame } from '#codec/frame'
import { MessagePackWriter } from '#codec/writer'
import { FRAME_BYTES_MAX } from '#core/limits'
import type { Update } from '#core/update'
import { PACKED, resealed } from '../support/frames.ts'
import { sibling } from '../support/siblings.ts'

/** What one frame may cost whoever reads it, far above what honest ones need: a frame has 2 MiB. */
const HEAP_MIB_MAX = 160
const MS_MAX = 15_000
const ROOM = FRAME_BYTES_MAX - 300

/** With a checksum that `resealed` puts right at the end. */
const HEADER = [0xc1, 1, 0, 0, 0, 0, 0]
const PACKED_HEADER = [0xc1, 1, PACKED, 0, 0, 0, 0]
const count32 = (token: number, count: number): number[] => [
  token,
  (count >>> 24) & 0xff,
  (count >>> 16) & 0xff,
  (count >>> 8) & 0xff,
  count & 0xff,
]

/** As many of one element as there is room for, behind what begins them. */
const filled = (start: readonly number[], token: number, element: readonly number[]): Buffer => {
  const count = Math.floor(ROOM / element.length / (token === 0xdf ? 2 : 1))
  const elements = Buffer.alloc(count * element.length * (token === 0xdf ? 2 : 1), Buffer.from(element))
  return Buffer.concat([Buffer.from([...HEADER, ...start, ...count32(token, count)]), elements])
}

const VALUE_MARK = 'MARK'
const encoded = encodeFrame([{ type: 'updates', updates: [sibling('a', VALUE_MARK)] }], FRAME_BYTES_MAX).bytes

/** An update whose value is this, so that the frame is whole. */
function withValue(value: Uint8Array): Buffer {
  const frame = Buffer.from(encoded)
  const at = frame.indexOf(VALUE_MARK) - 1
  return Buffer.concat([frame.subarray(0, at), value, frame.subarray(at + 1 + VALUE_MARK.length)])
}

/** The value that follows the header of a frame. */
const encodedValue = (token: number, element: readonly number[]): Uint8Array =>
  filled([], token, element).subarray(HEADER.length)

/** The update with its length raised by as many fields as there is room for. */
function withFields(element: readonly number[]): Buffer {
  const frame = Buffer.from(encoded)
  const at = frame.indexOf(0x9e, HEADER.length)
  const count = Math.floor(ROOM / element.length)
  const header = Buffer.from(count32(0xdd, 14 + count))
  const fields = Buffer.alloc(count * element.length, Buffer.from(element))
  return Buffer.concat([frame.subarray(0, at), header, frame.subarray(at + 1), fields])
}

/** An answer to a pull of so many updates, each said in three bytes. */
function manyRows(rows: number): Buffer {
  const row = sibling('a', null)
  const writer = new MessagePackWriter()
  writer.begin()
  writeColumns(
    writer,
    Array.from({ length: rows }, (_, i) => ({ ...row, sequence: (i + 1) as Update['sequence'] })),
  )
  // One message: type 3, session 1, no rows, the last part, and nothing but the columns.
  const answer = [0x91, 0x9c, 3, 1, 0x90, 0xc3, 0xc0, 0xc0, 0xc0, 0, 0, 0xc2, 0xc0]
  return Buffer.concat([Buffer.from([...HEADER, ...answer]), writer.finish()])
}

const packed = (body: Uint8Array): Buffer => Buffer.concat([Buffer.from(PACKED_HEADER), zstdCompressSync(body)])
const packedFrame = (frame: Buffer): Buffer => packed(frame.subarray(HEADER.length))

const ROWS_ALLOWED = 'as many updates in columns as there may be'

const UNSEALED: Readonly<Record<string, Uint8Array>> = {
  'a million messages': filled([], 0xdd, [0x91, 5]),
  'a million messages of a later version': filled([], 0xdd, [0x91, 0x7f]),
  'a message of two million positions': filled([0x91], 0xdd, [0x00]),
  'two million updates that are none': filled([0x91, 0x92, 0x00], 0xdd, [0xc0]),
  'an update of two million fields': withFields([0xc0]),
  'an update of fields with fields': withFields([0x91, 0x90]),
  'a value of two million nothings': withValue(encodedValue(0xdd, [0xc0])),
  'a value of two million empty lists': withValue(encodedValue(0xdd, [0x90])),
  'a value of two million empty objects': withValue(encodedValue(0xdd, [0x80])),
  'a value of lists in lists': withValue(encodedValue(0xdd, [0x91, 0x91, 0x91, 0x90])),
  'a value of a million members of one name': withValue(encodedValue(0xdf, [0xa0])),
  'two million levels': Buffer.concat([Buffer.from(HEADER), Buffer.alloc(ROOM, 0x91)]),
  'a field of two million levels': withFields([0x91]),
  'a promise of four billion messages': Buffer.from([...HEADER, ...count32(0xdd, 0xffff_ffff), 0x91, 5]),
  'a text of four billion bytes': Buffer.from([...HEADER, 0x91, 0x92, 6, ...count32(0xdb, 0xffff_ffff), 0x61]),
  'half a gigabyte of zeros, packed': packed(Buffer.alloc(512 * 1024 * 1024)),
  'zeros packed twice': packed(zstdCompressSync(Buffer.alloc(512 * 1024 * 1024))),
  'a hundred packed bodies in a row': Buffer.concat([
    Buffer.from(PACKED_HEADER),
    ...new Array<Uint8Array>(100).fill(zstdCompressSync(Buffer.alloc(2 * 1024 * 1024))),
  ]),
  'more than half a million updates in columns, packed': packedFrame(manyRows(690_000)),
  [ROWS_ALLOWED]: manyRows(65_536),
  'two million fields, packed into a few hundred bytes': packedFrame(withFields([0xc0])),
}

const BOMBS = Object.fromEntries(Object.entries(UNSEALED).map(([name, frame]) => [name, resealed(frame)]))

/** A thread that ends when decoding takes more memory than it may. */
let worker: Worker
beforeAll(() => {
  worker = new Worker(new URL('decoding-worker.ts', import.meta.url), {
    execArgv: ['--conditions=source', '--no-warnings'],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX, maxYoungGenerationSizeMb: 32 },
  })
})
afterAll(() => worker.terminate())

async function outcomeOf(frame: Uint8Array): Promise<string> {
  worker.postMessage(frame)
  const [outcome] = (await once(worker, 'message', { signal: AbortSignal.timeout(MS_MAX) })) as [string]
  return outcome
}

describe(`a frame costs at most ${HEAP_MIB_MAX} MiB and has an outcome`, () => {
  it.each(Object.entries(BOMBS))('%s', async (_, frame) => {
    expect(await outcomeOf(frame)).toMatch(/^(decoded|FRAME_MALFORMED|FRAME_TOO_LARGE)$/)
    if (frame === BOMBS[ROWS_ALLOWED]) expect(await outcomeOf(frame)).toBe('decoded')
  })
})
