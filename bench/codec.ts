/**
 * How many single updates of a 64-byte value are encoded and decoded a second on one core, first while the code is cold,
 * then warm; and msgpackr beside it, on the same positions, into and from arrays that nobody has checked yet.
 * `node --conditions=source bench/codec.ts`
 */
import { Packr, Unpackr } from 'msgpackr'
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
  trace: undefined,
  unknownFields: undefined,
})

const positionsOf = (update: Update): unknown[] => [
  update.section,
  update.parameter,
  update.value === undefined,
  update.value,
  update.origin,
  update.sequence,
  update.timestampMs,
  update.timestampLogical,
  update.priority,
  0,
  update.epoch,
  update.context,
  null,
  null,
]

/** By the time that this thread really had, so that a busy machine does not change the result much. */
function perSecond(count: number, run: (i: number) => void): number {
  const start = process.threadCpuUsage()
  for (let i = 0; i < count; i++) run(i)
  const { user, system } = process.threadCpuUsage(start)
  return (count / (user + system)) * 1e6
}

const updates = Array.from({ length: COUNT }, (_, i) => updateOf(i))
const encoded: Uint8Array[] = new Array<Uint8Array>(COUNT)
const decoded: Update[] = new Array<Update>(COUNT)
for (let i = 0; i < 500; i++) decoded[i] = decodeUpdate(encodeUpdate(updates[i]!))

const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' })
const packed: Uint8Array[] = new Array<Uint8Array>(COUNT)
const unpacked: unknown[] = new Array<unknown>(COUNT)

console.log(`${encodeUpdate(updates[7]!).length} bytes an update; thousands a second`)
for (let round = 0; round < ROUNDS; round++) {
  const rates = {
    encode: perSecond(COUNT, (i) => {
      encoded[i] = encodeUpdate(updates[i]!)
    }),
    decode: perSecond(COUNT, (i) => {
      decoded[i] = decodeUpdate(encoded[i]!)
    }),
    count: perSecond(COUNT, (i) => {
      encodedUpdateBytes(updates[i]!)
    }),
    'msgpackr pack': perSecond(COUNT, (i) => {
      packed[i] = packr.pack(positionsOf(updates[i]!))
    }),
    'msgpackr unpack': perSecond(COUNT, (i) => {
      unpacked[i] = unpackr.unpack(packed[i]!)
    }),
  }
  const texts = Object.entries(rates).map(([name, rate]) => `${name} ${Math.round(rate / 1000)}`)
  console.log(`round ${round}: ${texts.join(' · ')}`)
}
