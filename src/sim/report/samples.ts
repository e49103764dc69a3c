/** What is told of many measurements: by nearest rank; null of nothing. Milliseconds. */
export interface Percentiles {
  readonly count: number
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** Many measurements. */
export class Samples {
  private readonly values: number[] = []
  private ordered = true

  add(value: number): void {
    this.values.push(value)
    this.ordered = false
  }

  get count(): number {
    return this.values.length
  }

  percentiles(): Percentiles {
    const { count } = this
    return { count, p50: this.quantile(0.5), p90: this.quantile(0.9), p99: this.quantile(0.99), max: this.quantile(1) }
  }

  /** By nearest rank: a value that was measured. */
  quantile(share: number): number | null {
    return this.ascending()[Math.max(0, Math.ceil(share * this.count) - 1)] ?? null
  }

  /** How many were at most this. */
  upTo(limit: number): number {
    const values = this.ascending()
    let low = 0
    let high = values.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (values[middle]! <= limit) low = middle + 1
      else high = middle
    }
    return low
  }

  private ascending(): readonly number[] {
    if (!this.ordered) this.values.sort((a, b) => a - b)
    this.ordered = true
    return this.values
  }
}
