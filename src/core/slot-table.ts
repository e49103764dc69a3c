import type { LiveEntry } from './live-list.ts'

/** Most parameters have one sibling, which then stands for itself: an array for each would cost 56 bytes a parameter. */
export type Slot = LiveEntry | LiveEntry[]

/** 64 secret bits: who does not know them cannot choose names that collide. */
export type HashKey = readonly [number, number]

const CAPACITY_LEAST = 16
/** The hash of a place that is not used; no name has it. */
const FREE = 0

/** The name that a slot is found by. */
const nameOf = (slot: Slot): string => (Array.isArray(slot) ? slot[0]! : slot).update.parameter

/**
 * The parameters of one section by their names: a hash table with open addressing and linear probing (Knuth, TAOCP 3, 6.4,
 * algorithms L and R). A `Map` would do the same, but at 100,000 names each of its steps waits for memory, and it takes four
 * to find that a name is new; here the hashes stand side by side, and the names are in the updates already.
 */
export class SlotTable {
  size = 0
  private readonly key: HashKey
  private hashes = new Int32Array(CAPACITY_LEAST)
  private slots = new Array<Slot | undefined>(CAPACITY_LEAST).fill(undefined)
  private mask = CAPACITY_LEAST - 1
  /** the name hashed last: what is set was looked for before */
  private lastName = ''
  private lastHash: number

  constructor(key: HashKey) {
    this.key = key
    this.lastHash = keyedHash('', key) || 1
  }

  get(parameter: string): Slot | undefined {
    return this.slots[this.place(parameter, this.hashOf(parameter))]
  }

  /** @param slot not empty, of this parameter */
  set(parameter: string, slot: Slot): void {
    const hash = this.hashOf(parameter)
    const place = this.place(parameter, hash)
    this.slots[place] = slot
    if (this.hashes[place] === hash) return
    this.hashes[place] = hash
    this.size++
    // At most three quarters full: a search for a new name then looks at 8.5 places on average at worst.
    if (4 * this.size > 3 * this.hashes.length) this.grow()
  }

  /** Closes the gap (algorithm R), so that no marks of what once was make later searches longer. */
  delete(parameter: string): void {
    const { hashes, slots, mask } = this
    let gap = this.place(parameter, this.hashOf(parameter))
    if (hashes[gap] === FREE) return
    for (let next = (gap + 1) & mask; hashes[next] !== FREE; next = (next + 1) & mask) {
      const home = hashes[next]! & mask
      // It may move to the gap unless its home lies cyclically behind the gap.
      if (((next - home) & mask) < ((next - gap) & mask)) continue
      hashes[gap] = hashes[next]!
      slots[gap] = slots[next]
      gap = next
    }
    hashes[gap] = FREE
    slots[gap] = undefined
    this.size--
  }

  *values(): IterableIterator<Slot> {
    for (const slot of this.slots) if (slot !== undefined) yield slot
  }

  *keys(): IterableIterator<string> {
    for (const slot of this.values()) yield nameOf(slot)
  }

  /** Where the name stands, or the free place where it would. */
  private place(parameter: string, hash: number): number {
    const { hashes, slots, mask } = this
    let place = hash & mask
    for (let found = hashes[place]!; found !== FREE; found = hashes[place]!) {
      if (found === hash && nameOf(slots[place]!) === parameter) return place
      place = (place + 1) & mask
    }
    return place
  }

  private hashOf(name: string): number {
    if (name !== this.lastName) {
      this.lastName = name
      this.lastHash = keyedHash(name, this.key) || 1
    }
    return this.lastHash
  }

  private grow(): void {
    const { hashes, slots } = this
    const mask = 2 * hashes.length - 1
    this.mask = mask
    this.hashes = new Int32Array(mask + 1)
    this.slots = new Array<Slot | undefined>(mask + 1).fill(undefined)
    for (let i = 0; i < hashes.length; i++) {
      const hash = hashes[i]!
      if (hash === FREE) continue
      let place = hash & mask
      while (this.hashes[place] !== FREE) place = (place + 1) & mask
      this.hashes[place] = hash
      this.slots[place] = slots[i]
    }
  }
}

/**
 * HalfSipHash-1-3 of the text in UTF-16, little endian (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; its variant
 * on 32-bit words, with one round for each and three at the end, as Linux hashes the keys of its tables).
 */
export function keyedHash(text: string, [key0, key1]: HashKey): number {
  const { length } = text
  const end = length & ~1
  let v0 = key0 | 0
  let v1 = key1 | 0
  let v2 = 0x6c796765 ^ key0
  let v3 = 0x74656462 ^ key1
  // The words of the text, one of its length and what is left of it, and three rounds that absorb nothing.
  for (let i = 0; i <= end + 6; i += 2) {
    let word = 0
    if (i < end) word = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
    else if (i === end) word = (length << 25) | (end < length ? text.charCodeAt(end) : 0)
    else if (i === end + 2) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}
