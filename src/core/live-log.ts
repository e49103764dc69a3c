import type { Update } from './update.ts'

/**
 * The live updates of one origin in the order of their sequences, with the hash of each, so that a pull finds what lies
 * beyond a point without looking at the rest. A slot whose update was superseded stays behind, empty, until half of the
 * slots are.
 */
export class LiveLog {
  private sequences: number[] = []
  private updates: (Update | undefined)[] = []
  private hashes1: number[] = []
  private hashes2: number[] = []
  private emptySlots = 0

  get liveCount(): number {
    return this.sequences.length - this.emptySlots
  }

  insert(update: Update, hash1: number, hash2: number): void {
    const end = this.sequences.length
    if (end === 0 || this.sequences[end - 1]! < update.sequence) {
      this.sequences.push(update.sequence)
      this.updates.push(update)
      this.hashes1.push(hash1 | 0)
      this.hashes2.push(hash2 | 0)
      return
    }
    this.insertAt(this.indexFrom(update.sequence), update, hash1 | 0, hash2 | 0)
  }

  private insertAt(index: number, update: Update, hash1: number, hash2: number): void {
    if (this.sequences[index] === update.sequence) {
      this.updates[index] = update
      this.hashes1[index] = hash1
      this.hashes2[index] = hash2
      this.emptySlots--
      return
    }
    this.sequences.splice(index, 0, update.sequence)
    this.updates.splice(index, 0, update)
    this.hashes1.splice(index, 0, hash1)
    this.hashes2.splice(index, 0, hash2)
  }

  /** The slot of a live update; -1 when it is not live here. */
  slotOf(sequence: number): number {
    const { sequences } = this
    // Without gaps the place follows from the last one; most logs have none between here and their end.
    const guess = sequences.length - 1 - ((sequences.at(-1) ?? 0) - sequence)
    const index = sequences[guess] === sequence ? guess : this.indexFrom(sequence)
    return this.sequences[index] === sequence && this.updates[index] !== undefined ? index : -1
  }

  at(slot: number): Update | undefined {
    return this.updates[slot]
  }

  hash1At(slot: number): number {
    return this.hashes1[slot]! >>> 0
  }

  hash2At(slot: number): number {
    return this.hashes2[slot]! >>> 0
  }

  empty(slot: number): void {
    this.updates[slot] = undefined
    this.emptySlots++
    if (this.emptySlots > 32 && this.emptySlots * 2 > this.sequences.length) this.compact()
  }

  private compact(): void {
    const kept: number[] = []
    for (let i = 0; i < this.updates.length; i++) if (this.updates[i] !== undefined) kept.push(i)
    this.sequences = kept.map((i) => this.sequences[i]!)
    this.hashes1 = kept.map((i) => this.hashes1[i]!)
    this.hashes2 = kept.map((i) => this.hashes2[i]!)
    this.updates = kept.map((i) => this.updates[i])
    this.emptySlots = 0
  }

  /** Live updates with a sequence of at least `from`, ascending. */
  *from(from: number): IterableIterator<Update> {
    for (let i = this.indexFrom(from); i < this.updates.length; i++) {
      const update = this.updates[i]
      if (update) yield update
    }
  }

  /** The first slot whose sequence is at least `sequence`. */
  private indexFrom(sequence: number): number {
    let low = 0
    let high = this.sequences.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.sequences[middle]! < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
