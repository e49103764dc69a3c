/** A power of two. */
const SLOTS = 1024

interface Entry {
  readonly bytes: Uint8Array
  readonly text: string
}

/**
 * Texts read lately, found by their bytes: what comes again and again (origins, sections) is decoded and checked once,
 * and all updates share the one string. A slot holds whatever came last, so memory is bounded.
 */
export class InternedTexts {
  private readonly slots: (Entry | undefined)[] = new Array<Entry | undefined>(SLOTS).fill(undefined)

  /** @param end exclusive; the text has at least one byte */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    const entry = this.slots[slotOf(bytes, start, end)]
    if (entry === undefined || entry.bytes.length !== end - start) return undefined
    for (let i = start, k = 0; i < end; i++, k++) if (bytes[i] !== entry.bytes[k]) return undefined
    return entry.text
  }

  keep(bytes: Uint8Array, start: number, end: number, text: string): void {
    this.slots[slotOf(bytes, start, end)] = { bytes: Uint8Array.from(bytes.subarray(start, end)), text }
  }
}

/** The ends differ most: a node's name begins an origin, a random number ends it. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const tail = end - 1
  const mixed =
    Math.imul(
      bytes[tail]! ^ (bytes[Math.max(start, tail - 1)]! << 8) ^ (bytes[Math.max(start, tail - 2)]! << 16),
      0x9e3779b1,
    ) ^ Math.imul(bytes[start]! ^ ((end - start) << 8), 0x85ebca6b)
  return (mixed >>> 16) & (SLOTS - 1)
}
