import fc from 'fast-check'

/** One way in which bytes go wrong. Places are taken modulo the length, so that a mutation fits whatever it meets. */
export interface Mutation {
  readonly kind: 'flip' | 'set' | 'count' | 'cut' | 'drop' | 'repeat' | 'splice' | 'nest'
  readonly at: number
  readonly amount: number
  readonly bytes: Uint8Array
}

/** Counts and lengths that promise more than there is, and the borders of their forms. */
const COUNTS: readonly (readonly number[])[] = [
  [0xdd, 0xff, 0xff, 0xff, 0xff],
  [0xdc, 0xff, 0xff],
  [0xdf, 0x7f, 0xff, 0xff, 0xff],
  [0xde, 0x80, 0x00],
  [0xdb, 0xff, 0xff, 0xff, 0xff],
  [0xda, 0xff, 0xff],
  [0xd9, 0xff],
  [0xc6, 0x80, 0x00, 0x00, 0x00],
  [0xc9, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xcf, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xd3, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0xcb, 0x7f, 0xf8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0xcb, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0xca, 0x3e, 0x4c, 0xcc, 0xcd],
  [0x9f],
  [0x8f],
  [0xbf],
  [0xa0],
  [0xc1],
  [0xa9, 0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f, 0x5f],
]

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'count', 'count', 'cut', 'drop', 'repeat', 'splice', 'nest'),
  at: fc.nat(),
  amount: fc.nat(),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
})

/** The bytes after one mutation; `other` is what is spliced in. Nothing that is given is changed. */
export function mutated(bytes: Uint8Array, other: Uint8Array, { kind, at, amount, bytes: more }: Mutation): Uint8Array {
  const place = at % (bytes.length + 1)
  const before = bytes.subarray(0, place)
  const after = bytes.subarray(place)
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, after.subarray(0, 1).map((byte) => byte ^ (1 << (amount % 8))), after.subarray(1)])
    case 'set':
      return Buffer.concat([before, more, after.subarray(more.length)])
    case 'count':
      return Buffer.concat([before, Buffer.from(COUNTS[amount % COUNTS.length]!), after.subarray(1)])
    case 'cut':
      return before
    case 'drop':
      return Buffer.concat([before, after.subarray(1 + (amount % 16))])
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, 1 + (amount % 64)), after])
    case 'splice':
      return Buffer.concat([before, other.subarray(amount % (other.length + 1))])
    case 'nest':
      return Buffer.concat([before, Buffer.alloc(1 + (amount % 1_000), 0x91), after])
  }
}
