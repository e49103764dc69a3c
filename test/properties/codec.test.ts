import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Unpackr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame, HEADER_BYTES } from '#codec/frame'
import { decodeUpdate, encodedUpdateBytes, encodeUpdate } from '#codec/update'
import { valueBytes } from '#codec/value'
import { control, jsonValue, message, update } from './codec-arbitraries.ts'

/** Vitest's own equality takes a key named `constructor` for a class, so these tests compare with node:assert. */
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' })
const NEVER_COMPRESS = Number.MAX_SAFE_INTEGER

describe('codec', () => {
  it('brings every update back as it was', () => {
    fc.assert(
      fc.property(update, (original) => {
        const bytes = encodeUpdate(original)
        assert.deepEqual(decodeUpdate(bytes), original)
        expect(encodedUpdateBytes(original)).toBe(bytes.length)
      }),
      { numRuns: 2_000 },
    )
  })

  it('brings every frame back as it was, packed or not', () => {
    const frame = fc.tuple(
      fc.array(message, { maxLength: 5 }),
      fc.array(control, { maxLength: 3 }),
      fc.constantFrom(0, NEVER_COMPRESS),
    )
    fc.assert(
      fc.property(frame, ([messages, controls, threshold]) => {
        const { bytes, plainBytes, compressed } = encodeFrame([...messages, ...controls], threshold)
        if (compressed) expect(bytes.length).toBeLessThan(plainBytes)
        assert.deepEqual(decodeFrame(bytes), { outcome: 'decoded', messages, controls, skipped: 0 })
      }),
      { numRuns: 1_000 },
    )
  })

  it('writes one text for one content, so that equal updates are equal bytes', () => {
    fc.assert(
      fc.property(update, (original) => {
        const bytes = encodeUpdate(original)
        expect(Buffer.compare(encodeUpdate(decodeUpdate(bytes)), bytes)).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('is MessagePack that another implementation reads', () => {
    // msgpackr renames `__proto__`; the value has to be free of it to be compared.
    const plain = jsonValue.filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(update, plain, (original, value) => {
        const read = unpackr.unpack(
          encodeUpdate({ ...original, value, trace: undefined, unknownFields: undefined }),
        ) as unknown[]
        expect(read).toHaveLength(14)
        expect(read[1]).toBe(original.parameter)
        expect(JSON.stringify(read[3])).toBe(JSON.stringify(value))
        expect([read[4], Number(read[5]), Number(read[6])]).toEqual([
          original.origin,
          original.sequence,
          original.timestampMs,
        ])
      }),
      { numRuns: 500 },
    )
  })

  it('counts the larger of a value as JSON and as MessagePack', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(valueBytes(value)).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(value)))
      }),
    )
  })

  it('rejects or reads any bytes, and never throws', () => {
    const header = [0xc1, 1, 0]
    const tail = fc.uint8Array({ maxLength: 200 })
    const bytes = fc.oneof(
      tail,
      tail.map((body) => Uint8Array.from([...header, ...body])),
    )
    fc.assert(
      fc.property(bytes, (hostile) => {
        const decoded = decodeFrame(hostile)
        if (decoded.outcome === 'rejected') expect(decoded.code).toMatch(/^FRAME_/)
      }),
      { numRuns: 20_000 },
    )
  })

  it('rejects or reads frames with any byte changed or cut off, and what it reads can be written again', () => {
    const damaged = fc.tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), fc.boolean())
    fc.assert(
      fc.property(damaged, ([messages, place, byte, cut]) => {
        const bytes = Uint8Array.from(encodeFrame(messages, NEVER_COMPRESS).bytes)
        const at = HEADER_BYTES + (place % (bytes.length - HEADER_BYTES))
        bytes[at] = byte
        const decoded = decodeFrame(cut ? bytes.subarray(0, at) : bytes)
        if (decoded.outcome === 'rejected') return
        const again = decodeFrame(encodeFrame([...decoded.messages, ...decoded.controls], 0).bytes)
        assert.deepEqual(again, { ...decoded, skipped: 0 })
      }),
      { numRuns: 5_000 },
    )
  })
})
