import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeId, RunId } from '#core/identity'
import { HEADER_BYTES } from '#mesh/tls/framing'
import {
  decodeAddresses,
  decodeHello,
  decodeRefusal,
  encodeAddresses,
  encodeHello,
  encodeRefusal,
  type Hello,
} from '#mesh/tls/hello'
import { HELLO_BYTES_MAX, REFUSAL_BYTES_MAX } from '#mesh/tls/limits'

const hello: Hello = {
  nodeId: 'node-1' as NodeId,
  runId: '0123456789abcdef' as RunId,
  cluster: 'prod',
  address: '10.0.0.1:4101',
  addresses: ['10.0.0.2:4101', '[::1]:4102'],
  dial: 3,
}
const payloadOf = (packet: Buffer): Buffer => packet.subarray(HEADER_BYTES)
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('hello', () => {
  it('is read as it was written', () => {
    expect(decodeHello(payloadOf(encodeHello(hello)))).toEqual(hello)
  })

  it('leaves addresses out until it fits', () => {
    const addresses = Array.from({ length: 10_000 }, (_, i) => `host-with-a-rather-long-name-${i}.example:4101`)
    const payload = payloadOf(encodeHello({ ...hello, addresses }))
    expect(payload.length).toBeLessThanOrEqual(HELLO_BYTES_MAX)
    const read = decodeHello(payload) as Hello
    expect(read.addresses.length).toBeGreaterThan(4_000)
    expect(read.addresses).toEqual(addresses.slice(0, read.addresses.length))
  })

  it('drops addresses that are none, and fields that it does not know', () => {
    const read = decodeHello(bytesOf({ configsync: 1, ...hello, addresses: ['x:1', 'rubbish', 7, null], later: true }))
    expect(read).toEqual({ ...hello, addresses: ['x:1'] })
  })

  it.each([
    ['nodeId', 'a b'],
    ['nodeId', undefined],
    ['runId', 'xyz'],
    ['cluster', 'a/b'],
    ['address', 'nowhere'],
    ['address', 7],
    ['addresses', 'x:1'],
    ['dial', -1],
    ['dial', 1.5],
    ['dial', '1'],
    ['configsync', '1'],
  ])('with a wrong %s is malformed', (field, value) => {
    expect(decodeHello(bytesOf({ configsync: 1, ...hello, [field]: value }))).toMatchObject({ code: 'FRAME_MALFORMED' })
  })

  it('of another protocol says so', () => {
    expect(decodeHello(bytesOf({ configsync: 2 }))).toMatchObject({ code: 'FRAME_VERSION' })
  })

  it('is an outcome, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (bytes) => {
        expect(decodeHello(Buffer.from(bytes))).toHaveProperty('code')
        expect(decodeRefusal(Buffer.from(bytes))).toMatchObject({ code: 'FRAME_MALFORMED' })
      }),
    )
  })
})

describe('addresses', () => {
  it('are read as they were written, and stay within the limit however many there are', () => {
    expect(decodeAddresses(payloadOf(encodeAddresses(hello.addresses)))).toEqual(hello.addresses)
    const long = Array.from({ length: 10_000 }, (_, i) => `${String(i).padStart(253, 'x')}:65535`)
    expect(payloadOf(encodeAddresses(long)).length).toBeLessThanOrEqual(HELLO_BYTES_MAX)
  })

  it('are left out where they are none', () => {
    expect(decodeAddresses(bytesOf(['x:1', 'rubbish', 7, null]))).toEqual(['x:1'])
    expect(decodeAddresses(bytesOf({ length: 3 }))).toEqual([])
    expect(decodeAddresses(Buffer.from('{'))).toEqual([])
  })
})

describe('refusal', () => {
  it('is read as it was written', () => {
    const refusal = { code: 'NODE_DUPLICATE', detail: 'another live run' } as const
    expect(decodeRefusal(payloadOf(encodeRefusal(refusal)))).toEqual(refusal)
  })

  it('brings no control characters into a log, and stays short', () => {
    const packet = encodeRefusal({ code: 'CLUSTER_MISMATCH', detail: `\x1b[31m"${'\\"'.repeat(10_000)}` })
    expect(packet.length).toBeLessThan(REFUSAL_BYTES_MAX)
    expect(decodeRefusal(bytesOf({ code: 'CLUSTER_MISMATCH', detail: '\x1b[31mred\n' })).detail).toBe('?[31mred?')
  })

  it('cannot raise a code that is none of its business', () => {
    expect(decodeRefusal(bytesOf({ code: 'DIVERGENCE', detail: 'x' })).code).toBe('FRAME_MALFORMED')
  })
})
