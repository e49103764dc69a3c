/**
 * How many single updates of a 64-byte value are encoded and decoded a second on one core, first while the code is cold,
 * then warm. `node --conditions=source --expose-gc bench/codec.ts`
 */
import { decodeUpdate, encodedUpdateBytes, encodeUpdate } from '#codec/update'
import { EMPTY_CONTEXT } from '#core/causal-context'
import type { Origin, Sequence } from '#core/identity'
import type { Update } from '#core/update'

const COUNT = 100_000
const ROUNDS = 5

/** A flat string, as it comes from a socket: no rope or slice behind it. */
const flat = (text: string): string => Buffer.from(text).toString('latin1')

const updateOf = (i: number): Update => ({
  section: 'cfg',
  parameter: flat(`parameter/${i}`),
  value: flat((i * 7919).toString(36).padStart(8, 'x').repeat(8)),
  origin: 'node-1~0123456789abcdef' as Origin,
  sequence: (i + 1) as Sequence,
  timestampMs: 1_750_000_000_000 + i,
  timestampLogical: 0,
  priority: 0,
  rule: 'latest',
  epoch: 0,
  context: EMPTY_CONTEXT,
  group: undefined,
  reason: undefined,
  unknownFields: undefined,
})

function perSecond(count: number, run: (i: number) => void): number {
  const startMs = performance.now()
  for (let i = 0; i < count; i++) run(i)
  return Math.round((count / (performance.now() - startMs)) * 1000)
}

const updates = Array.from({ length: COUNT }, (_, i) => updateOf(i))
const encoded: Uint8Array[] = new Array<Uint8Array>(COUNT)
const decoded: Update[] = new Array<Update>(COUNT)
for (let i = 0; i < 500; i++) decoded[i] = decodeUpdate(encodeUpdate(updates[i]!))

for (let round = 0; round < ROUNDS; round++) {
  const encode = perSecond(COUNT, (i) => {
    encoded[i] = encodeUpdate(updates[i]!)
  })
  const decode = perSecond(COUNT, (i) => {
    decoded[i] = decodeUpdate(encoded[i]!)
  })
  const size = perSecond(COUNT, (i) => {
    encodedUpdateBytes(updates[i]!)
  })
  console.log({ round, encode, decode, size, bytes: encoded[7]!.length })
}
