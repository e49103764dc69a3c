import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import type { Hash64 } from './protocol.ts'
import type { Update } from './update.ts'

/**
 * Sums of 64-bit hashes, as two lanes of 32 bits that are added on their own (each modulo 2^32). A sum can be kept up to
 * date by adding and taking away, in any order, and parts can be taken out of it exactly.
 *
 * The hash of a sequence of 32-bit words starts both lanes at their seed, absorbs each word, and mixes at the end; strings
 * are absorbed as their length and their UTF-16 code units, two to a word. docs/protocol.md has it for other languages,
 * with examples.
 */
const SEED_1 = 0x9e3779b9 | 0
const SEED_2 = 0x85ebca6b | 0
const MULTIPLIER_1 = 0x9e3779b1 | 0
const MULTIPLIER_2 = 0x5f356495 | 0

// The state of the one hash under way. Module variables, because returning pairs would allocate in the hottest path.
let lane1 = 0
let lane2 = 0

/** Lanes of the hash that was finished last; read them before the next hash begins. */
export const result = { lane1: 0, lane2: 0 }

function begin(): void {
  lane1 = SEED_1
  lane2 = SEED_2
}

function absorb(word: number): void {
  const mixed1 = Math.imul(lane1 ^ word, MULTIPLIER_1)
  lane1 = (mixed1 << 13) | (mixed1 >>> 19)
  const mixed2 = Math.imul(lane2 ^ word, MULTIPLIER_2)
  lane2 = (mixed2 << 17) | (mixed2 >>> 15)
}

/** The finalizer of MurmurHash3 (Appleby), each lane stirred with the other. */
function finish(): void {
  result.lane1 = finalize(lane1 ^ (lane2 >>> 7))
  result.lane2 = finalize(lane2 ^ (lane1 << 9))
}

function finalize(lane: number): number {
  let h = lane
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function absorbInteger(n: number): void {
  absorb(n | 0)
  absorb(Math.floor(n / 0x1_0000_0000) | 0)
}

function absorbString(text: string): void {
  const { length } = text
  absorb(length)
  const even = length & ~1
  // As `absorb` does it, with the lanes in registers: most of a hash is a text.
  let a = lane1
  let b = lane2
  for (let i = 0; i < even; i += 2) {
    const word = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
    a = Math.imul(a ^ word, MULTIPLIER_1)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b ^ word, MULTIPLIER_2)
    b = (b << 17) | (b >>> 15)
  }
  lane1 = a
  lane2 = b
  if (even < length) absorb(text.charCodeAt(even))
}

const float64 = new Float64Array(1)
const float64Words = new Uint32Array(float64.buffer)
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

function absorbNumber(n: number): void {
  if (n === (n | 0)) {
    absorb(4)
    absorb(n | 0)
    return
  }
  float64[0] = n
  absorb(5)
  absorb(float64Words[littleEndian ? 1 : 0]!)
  absorb(float64Words[littleEndian ? 0 : 1]!)
}

function absorbValue(value: JsonValue): void {
  if (typeof value === 'string') {
    absorb(6)
    absorbString(value)
  } else if (typeof value === 'number') absorbNumber(value)
  else if (value === null) absorb(1)
  else if (typeof value === 'boolean') absorb(value ? 3 : 2)
  else if (isJsonObject(value)) absorbObject(value)
  else absorbArray(value as readonly JsonValue[])
}

function absorbArray(items: readonly JsonValue[]): void {
  absorb(7)
  absorb(items.length)
  for (const item of items) absorbValue(item)
}

function absorbObject(object: JsonObject): void {
  const keys = Object.keys(object).sort()
  absorb(8)
  absorb(keys.length)
  for (const key of keys) {
    absorbString(key)
    absorbValue(object[key]!)
  }
}

/** Of one string, for instance an origin. */
export function hashString(text: string): void {
  begin()
  absorbString(text)
  finish()
}

/** Of 1 … `contiguous` of an origin whose own hash is (origin1, origin2). */
export function hashContiguous(origin1: number, origin2: number, contiguous: number): void {
  begin()
  absorb(origin1)
  absorb(origin2)
  absorbInteger(contiguous)
  finish()
}

/** Of the dots `from` … `to` beyond a hole of an origin whose own hash is (origin1, origin2). */
export function hashRange(origin1: number, origin2: number, from: number, to: number): void {
  begin()
  absorb(origin1)
  absorb(origin2)
  absorbInteger(from)
  absorbInteger(to)
  finish()
}

/** Of a live dot and its content: what must be equal on all nodes that hold the dot (I3). */
export function hashUpdate(origin1: number, origin2: number, update: Update): void {
  begin()
  absorb(origin1)
  absorb(origin2)
  absorbInteger(update.sequence)
  absorbInteger(update.timestampMs)
  absorb(update.timestampLogical | 0)
  absorb(update.priority)
  absorbInteger(update.epoch)
  absorbString(update.rule)
  absorbString(update.section)
  absorbString(update.parameter)
  if (update.value === undefined) absorb(0)
  else absorbValue(update.value)
  finish()
}

/** Of a text, as a pair: for what is compared seldom (declarations, `collected`). */
export function hash64OfText(text: string): Hash64 {
  hashString(text)
  return [result.lane1, result.lane2]
}

export const hash64Equal = (a: Hash64, b: Hash64): boolean => a[0] === b[0] && a[1] === b[1]

/** 16 hexadecimal digits. */
export const hash64Text = (hash: Hash64): string =>
  hash[0].toString(16).padStart(8, '0') + hash[1].toString(16).padStart(8, '0')

/** A 64-bit sum that is kept up to date. */
export class HashSum {
  lane1 = 0
  lane2 = 0

  add(hash1: number, hash2: number): void {
    this.lane1 = (this.lane1 + hash1) >>> 0
    this.lane2 = (this.lane2 + hash2) >>> 0
  }

  subtract(hash1: number, hash2: number): void {
    this.lane1 = (this.lane1 - hash1) >>> 0
    this.lane2 = (this.lane2 - hash2) >>> 0
  }

  value(): Hash64 {
    return [this.lane1, this.lane2]
  }
}
