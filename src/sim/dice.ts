/** Draws from one source of random numbers in the ways that a generator needs. */
export class Dice {
  private readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  happens(probability: number): boolean {
    return this.random() < probability
  }

  /** An integer, both ends included. */
  between(least: number, most: number): number {
    return Math.floor(least + this.random() * (most - least + 1))
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!
  }

  /** So many different ones, in random order; all when there are fewer. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items]
    const taken: T[] = []
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.between(0, left.length - 1), 1))
    return taken
  }
}
