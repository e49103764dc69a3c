import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketKind, PacketReader, type PacketSink, packetOf } from '#mesh/tls/framing'

function sinkOf(bytesMax = 1_000) {
  const packets: [number, string][] = []
  const violations: string[] = []
  const sink: PacketSink = {
    bytesMaxOf: (kind) => (kind <= PacketKind.pong ? bytesMax : undefined),
    onPacket: (kind, payload) => packets.push([kind, payload.toString('hex')]),
    onViolation: (code) => violations.push(code),
  }
  return { sink, packets, violations }
}

describe('PacketReader', () => {
  it('finds the same packets however the stream is cut', () => {
    const packet = fc.record({ kind: fc.integer({ min: 0, max: 5 }), payload: fc.uint8Array({ maxLength: 40 }) })
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (sent, cuts) => {
          const stream = Buffer.concat(sent.map(({ kind, payload }) => packetOf(kind, payload)))
          const { sink, packets, violations } = sinkOf()
          const reader = new PacketReader(sink)
          for (let offset = 0, turn = 0; offset < stream.length; turn++) {
            const size = cuts[turn % cuts.length]!
            reader.push(stream.subarray(offset, offset + size))
            offset += size
          }
          expect(packets).toEqual(sent.map(({ kind, payload }) => [kind, Buffer.from(payload).toString('hex')]))
          expect(violations).toEqual([])
        },
      ),
    )
  })

  it('hands on a view, not a copy, of a packet that lies within one chunk', () => {
    const chunk = packetOf(PacketKind.data, Buffer.from('abc'))
    let seen: Buffer | undefined
    const reader = new PacketReader({ ...sinkOf().sink, onPacket: (_, payload) => (seen = payload) })
    reader.push(chunk)
    expect(seen!.buffer).toBe(chunk.buffer)
    expect(seen!.byteOffset).toBe(chunk.byteOffset + 4)
  })

  it('judges a packet by its header alone, before any of its bytes', () => {
    const { sink, packets, violations } = sinkOf(1_000)
    const reader = new PacketReader(sink)
    reader.push(packetOf(PacketKind.data, Buffer.alloc(1_000)))
    reader.push(Buffer.from([PacketKind.data, 0]))
    reader.push(Buffer.from([0x03, 0xe9]))
    expect([packets.length, violations]).toEqual([1, ['FRAME_TOO_LARGE']])
    reader.push(packetOf(PacketKind.data, Buffer.from('x')))
    expect(packets.length).toBe(1)
  })

  it('stops at an unknown kind, in the middle of a chunk', () => {
    const { sink, packets, violations } = sinkOf()
    new PacketReader(sink).push(Buffer.concat([packetOf(0, Buffer.from('x')), Buffer.from('GET / HTTP/1.1')]))
    expect([packets.length, violations]).toEqual([1, ['FRAME_MALFORMED']])
  })

  it('gives nothing on once it was stopped from within a packet', () => {
    const { sink, packets } = sinkOf()
    const reader: PacketReader = new PacketReader({
      ...sink,
      onPacket: (kind, payload) => {
        sink.onPacket(kind, payload)
        reader.stop()
      },
    })
    reader.push(Buffer.concat([packetOf(0, Buffer.from('a')), packetOf(0, Buffer.from('b')), Buffer.from([0])]))
    reader.push(packetOf(0, Buffer.from('c')))
    expect(packets.length).toBe(1)
  })
})
