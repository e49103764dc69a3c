import type { Update } from './update.ts'

/** A live update with the hash of its dot and content, linked into the order of its origin. */
export class LiveEntry {
  update: Update
  /** lanes of the hash, as signed integers, which take no heap */
  hash1: number
  hash2: number
  previous: LiveEntry | undefined
  next: LiveEntry | undefined

  constructor(update: Update, hash1: number, hash2: number) {
    this.update = update
    this.hash1 = hash1 | 0
    this.hash2 = hash2 | 0
  }
}

/**
 * The live updates of one origin in the order of their sequences, so that a pull finds what lies beyond a point without
 * looking at the rest. New updates come at the end, repaired ones near the last repaired one, and a pull goes on where it
 * left off: each begins its search at the end or at the finger, and rarely takes more than a step.
 */
export class LiveList {
  private first: LiveEntry | undefined
  private last: LiveEntry | undefined
  /** where something was last inserted or read that was not at the end */
  private finger: LiveEntry | undefined

  link(entry: LiveEntry): void {
    const { sequence } = entry.update
    const before =
      this.last === undefined || this.last.update.sequence < sequence ? this.last : this.lastBelow(sequence)
    const after = before === undefined ? this.first : before.next
    entry.previous = before
    entry.next = after
    if (before === undefined) this.first = entry
    else before.next = entry
    if (after === undefined) this.last = entry
    else {
      after.previous = entry
      this.finger = entry
    }
  }

  unlink(entry: LiveEntry): void {
    const { previous, next } = entry
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    if (this.finger === entry) this.finger = previous ?? next
    entry.previous = undefined
    entry.next = undefined
  }

  find(sequence: number): LiveEntry | undefined {
    const entry = this.lastBelow(sequence + 1)
    return entry?.update.sequence === sequence ? entry : undefined
  }

  /** Live updates with a sequence of at least `from`, ascending. */
  *from(from: number): IterableIterator<Update> {
    const before = from <= 1 ? undefined : this.lastBelow(from)
    let entry = before === undefined ? this.first : before.next
    while (entry !== undefined) {
      // Noted before handing out, because the reader stops wherever its part is full.
      if (entry.next !== undefined) this.finger = entry
      yield entry.update
      entry = entry.next
    }
  }

  /** The last entry with a sequence below this one, searched from the end or from the finger, whichever is nearer. */
  private lastBelow(sequence: number): LiveEntry | undefined {
    let entry = this.nearest(sequence)
    while (entry?.next !== undefined && entry.next.update.sequence < sequence) entry = entry.next
    while (entry !== undefined && entry.update.sequence >= sequence) entry = entry.previous
    return entry
  }

  private nearest(sequence: number): LiveEntry | undefined {
    const { first, last, finger } = this
    if (first === undefined || last === undefined) return undefined
    let nearest = last
    let distance = Math.abs(last.update.sequence - sequence)
    for (const candidate of [first, finger]) {
      const gap = candidate === undefined ? Number.POSITIVE_INFINITY : Math.abs(candidate.update.sequence - sequence)
      if (gap < distance) {
        distance = gap
        nearest = candidate!
      }
    }
    return nearest
  }
}
