import assert from 'node:assert/strict'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DecodedFrame, decodeFrame, encodeFrame, HEADER_BYTES } from '#codec/frame'
import { decodeUpdate, decodeUpdates, encodeUpdate, encodeUpdates } from '#codec/update'
import { ConfigSyncError, ERROR_CODES } from '#core/errors'
import { HEADER_BYTES as PACKET_HEADER_BYTES, PacketReader, packetOf } from '#mesh/tls/framing'
import { decodeAddresses, decodeHello, decodeRefusal, encodeHello, type Hello, isRefusal } from '#mesh/tls/hello'
import { control, message, update } from '../properties/codec-arbitraries.ts'
import { framed, PACKED, resealed } from '../support/frames.ts'
import { explore } from './exploration.ts'
import { type Mutation, mutated, mutation } from './mutations.ts'

const NEVER_COMPRESS = Number.MAX_SAFE_INTEGER
const FRAME_CODES = ['FRAME_MALFORMED', 'FRAME_TOO_LARGE', 'FRAME_VERSION']
/** A reason is for a log line, whatever the bytes were. */
const DETAIL_CHARACTERS_MAX = 400
const plainFrame = (body: Uint8Array): Buffer => framed(body)
const packedFrameOf = (body: Uint8Array): Buffer => framed(body, { flags: PACKED })

const bytes = fc.uint8Array({ maxLength: 300 })
const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 })
const hello = fc
  .record({ dial: fc.nat(), addresses: fc.array(fc.constantFrom('127.0.0.1:1', '[::1]:2', 'x', '')) })
  .map(
    (some) =>
      ({ nodeId: 'a', runId: 'feedfeedfeedfeed', cluster: 'c', address: '127.0.0.1:1', ...some }) as unknown as Hello,
  )

/** The codec's promise for any bytes: an outcome with a code and a reason, or content that can be written again. */
function expectOutcome(frame: Uint8Array): DecodedFrame {
  const given = Buffer.from(frame)
  const decoded = decodeFrame(frame)
  expect(given.equals(frame), 'the bytes are as they were').toBe(true)
  if (decoded.outcome === 'rejected') {
    expect(FRAME_CODES).toContain(decoded.code)
    expect(decoded.detail.length).toBeGreaterThan(0)
    expect(decoded.detail.length).toBeLessThan(DETAIL_CHARACTERS_MAX)
    return decoded
  }
  const first = encodeFrame([...decoded.messages, ...decoded.controls], NEVER_COMPRESS).bytes
  const again = decodeFrame(first)
  assert.deepEqual(again, { ...decoded, skipped: 0 })
  assert(again.outcome === 'decoded')
  const second = encodeFrame([...again.messages, ...again.controls], NEVER_COMPRESS).bytes
  expect(Buffer.compare(first, second), 'one content has one form').toBe(0)
  return decoded
}

function afterAllOf(changes: readonly Mutation[], original: Uint8Array, other: Uint8Array): Uint8Array {
  return changes.reduce<Uint8Array>((current, change) => mutated(current, other, change), original)
}

describe('a frame', () => {
  it('of any bytes has an outcome', async () => {
    const headed = fc.tuple(fc.constantFrom(plainFrame, packedFrameOf), bytes)
    const frame = fc.oneof(
      bytes,
      headed.map(([frameOf, body]) => frameOf(body)),
    )
    await explore(
      'frames of random bytes',
      fc.property(frame, (hostile) => void expectOutcome(hostile)),
      8_000,
    )
  })

  it('that was damaged in any way has an outcome, packed or not', async () => {
    const pair = fc.tuple(
      fc.array(fc.oneof(message, control), { minLength: 1, maxLength: 3 }),
      fc.array(message, { minLength: 1, maxLength: 1 }),
      fc.array(mutations, { minLength: 10, maxLength: 10 }),
    )
    await explore(
      'damaged frames, in tens',
      fc.property(pair, ([messages, others, tries]) => {
        const original = encodeFrame(messages, NEVER_COMPRESS).bytes
        const other = encodeFrame(others, NEVER_COMPRESS).bytes
        for (const changes of tries) {
          const body = afterAllOf(changes, original.subarray(HEADER_BYTES), other)
          const plain = expectOutcome(plainFrame(body))
          const packed = expectOutcome(packedFrameOf(zstdCompressSync(body)))
          // Compression hides nothing: the same body has the same outcome either way.
          if (body.length > 0) assert.deepEqual(packed, plain)
          expectOutcome(afterAllOf(changes, original, other))
          expectOutcome(resealed(afterAllOf(changes, original, other)))
        }
      }),
      600,
    )
  })

  it('that was packed and then damaged has an outcome, and never hides bytes behind its end', async () => {
    const packedFrame = fc.tuple(fc.array(message, { minLength: 1, maxLength: 4 }), mutations, bytes)
    await explore(
      'damaged packed frames',
      fc.property(packedFrame, ([messages, changes, tail]) => {
        const packed = zstdCompressSync(encodeFrame(messages, NEVER_COMPRESS).bytes.subarray(HEADER_BYTES))
        expectOutcome(packedFrameOf(afterAllOf(changes, packed, packed)))
        if (tail.length > 0)
          expect(decodeFrame(packedFrameOf(Buffer.concat([packed, tail])))).toMatchObject({ outcome: 'rejected' })
      }),
      800,
    )
  })
})

describe('updates that a store keeps together', () => {
  it('are read, or refused with UPDATE_INVALID, and what was read is written the same', async () => {
    const several = fc.array(update, { maxLength: 6 })
    await explore(
      'damaged rows of updates',
      fc.property(fc.tuple(several, several, mutations), ([some, others, changes]) => {
        const damaged = afterAllOf(changes, encodeUpdates(some), encodeUpdates(others))
        try {
          const read = decodeUpdates(damaged)
          assert.deepEqual(decodeUpdates(encodeUpdates(read)), read)
        } catch (error) {
          if (!(error instanceof ConfigSyncError)) throw error
          expect(error.code).toBe('UPDATE_INVALID')
        }
      }),
      600,
    )
  })
})

describe('an update on its own', () => {
  it('is read, or refused with UPDATE_INVALID, and what was read is written the same', async () => {
    await explore(
      'damaged updates',
      fc.property(fc.tuple(update, update, mutations), ([one, other, changes]) => {
        const damaged = afterAllOf(changes, encodeUpdate(one), encodeUpdate(other))
        try {
          const read = decodeUpdate(damaged)
          assert.deepEqual(decodeUpdate(encodeUpdate(read)), read)
        } catch (error) {
          if (!(error instanceof ConfigSyncError)) throw error
          expect(error.code).toBe('UPDATE_INVALID')
        }
      }),
      2_000,
    )
  })
})

describe('the packets of the TLS mesh', () => {
  it('of any payload are read or refused with a code', async () => {
    const payload = fc.oneof(
      bytes,
      fc.json().map((text) => Buffer.from(text)),
      fc
        .tuple(hello, mutations)
        .map(([one, changes]) =>
          afterAllOf(changes, encodeHello(one).subarray(PACKET_HEADER_BYTES), Buffer.from('{"configsync":1')),
        ),
    )
    await explore(
      'payloads of hello, addresses and refusal',
      fc.property(payload, (some) => {
        const read = decodeHello(Buffer.from(some))
        if (isRefusal(read)) expect(FRAME_CODES).toContain(read.code)
        else assert.deepEqual(decodeHello(encodeHello(read).subarray(PACKET_HEADER_BYTES)), read)
        expect(decodeAddresses(Buffer.from(some)).every((address) => typeof address === 'string')).toBe(true)
        const refusal = decodeRefusal(Buffer.from(some))
        expect(Object.hasOwn(ERROR_CODES, refusal.code)).toBe(true)
        expect(refusal.detail).toMatch(/^[\x20-\x7e]*$/)
      }),
      5_000,
    )
  })

  it('are cut from a stream alike, however it is chunked, and nothing follows a violation', async () => {
    const packets = fc.array(fc.tuple(fc.nat(9), fc.uint8Array({ maxLength: 60 })), { maxLength: 8 })
    const stream = fc.tuple(packets, mutations, fc.boolean(), fc.array(fc.nat(40), { minLength: 1 }))
    await explore(
      'streams of packets',
      fc.property(stream, ([list, changes, damage, sizes]) => {
        const whole = Buffer.concat(list.map(([kind, payload]) => packetOf(kind, payload)))
        const sent = damage ? afterAllOf(changes, whole, whole) : whole
        assert.deepEqual(readIn(sent, [sent.length]), readIn(sent, sizes))
      }),
      5_000,
    )
  })
})

/** All that a reader tells of a stream which comes in chunks of these sizes. */
function readIn(stream: Uint8Array, sizes: readonly number[]): string[] {
  const told: string[] = []
  const reader = new PacketReader({
    bytesMaxOf: (kind) => (kind > 6 ? undefined : 50),
    onPacket: (kind, payload) => told.push(`${kind} ${payload.toString('hex')}`),
    onViolation: (code) => told.push(code),
  })
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = 1 + sizes[i % sizes.length]!
    reader.push(Buffer.from(stream.subarray(at, at + size)))
    at += size
  }
  return told
}
