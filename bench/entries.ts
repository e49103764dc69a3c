/**
 * - base36: a counter of nine characters, then random 32-bit numbers in base 36: ids and tokens as they are written. This is
 *   what the harness of bench/peers fills its stores with. A coder that knows the frequencies of the characters still takes
 *   about 36 bytes for the 64.
 * - printable: every one of the 95 printable characters alike, independent of each other. No coder can make less than 52.6
 *   bytes of 64 of them, on average.
 */
export const ALPHABETS = ['base36', 'printable'] as const

/** A state of `count` parameters with 64 bytes each, the same in every process that is given the same seed. */
export interface Entries {
  readonly count: number
  readonly seed: number
  readonly alphabet: (typeof ALPHABETS)[number]
}

const VALUE_BYTES = 64
const COUNTER_DIGITS = 8
/** 2^32 - 1 has so many digits in base 36. */
const WORD_DIGITS = 7
const PRINTABLE_FIRST = 0x20
const PRINTABLE_COUNT = 95

export function entriesOf({ count, seed, alphabet }: Entries): [parameter: string, value: string][] {
  const random = xorshift(seed)
  const value = alphabet === 'base36' ? base36 : printable
  return Array.from({ length: count }, (_, place) => [`j3/${place}`, value(place, random)])
}

function base36(place: number, random: () => number): string {
  let text = `v${String(place).padStart(COUNTER_DIGITS, '0')}`
  while (text.length < VALUE_BYTES) text += random().toString(36).padStart(WORD_DIGITS, '0')
  return text.slice(0, VALUE_BYTES)
}

function printable(_place: number, random: () => number): string {
  const codes = Array.from({ length: VALUE_BYTES }, () => PRINTABLE_FIRST + (random() % PRINTABLE_COUNT))
  return String.fromCharCode(...codes)
}

/** 32-bit words (Marsaglia, "Xorshift RNGs", 2003). @param seed not 0 */
function xorshift(seed: number): () => number {
  let state = seed | 0
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
