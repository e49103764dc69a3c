import { Float64Histogram } from 'hdr-histogram-js'
import type { MetricReport } from '#core/protocol'

type Buckets = MetricReport['buckets']

/** Values are counted in thousandths of the metric's unit. */
const UNITS = 1_000
/** The last value whose bucket the wire can name. */
const UNITS_MAX = 2 ** 53 - 1
/** 16 buckets to each power of two: a percentile is right to 3 %, and a report of it has a few dozen numbers. */
const SIGNIFICANT_DIGITS = 1

/**
 * A distribution that merges across nodes without loss (G. Tene, HdrHistogram). Percentiles are taken of merged ones, never
 * averaged.
 */
export class MetricHistogram {
  private readonly counts: Float64Histogram
  private sum = 0
  private lowest = Number.POSITIVE_INFINITY

  constructor() {
    this.counts = new Float64Histogram(1, 2, SIGNIFICANT_DIGITS)
    this.counts.autoResize = true
  }

  /** @param value finite; below 0 counts as 0 */
  record(value: number): void {
    const units = Math.min(UNITS_MAX, Math.max(0, Math.round(value * UNITS)))
    this.counts.recordValue(units)
    this.sum += units
    if (units < this.lowest) this.lowest = units
  }

  get samples(): number {
    return this.counts.totalCount
  }

  get mean(): number | undefined {
    return this.samples === 0 ? undefined : this.sum / this.samples / UNITS
  }

  /**
   * The value that this share of the samples do not exceed, undefined without samples. Samples are taken to be spread evenly over
   * their bucket, or a p95 would move in steps of 6 %. @param share 0 … 1
   */
  percentile(share: number): number | undefined {
    if (this.samples === 0) return undefined
    let missing = Math.max(1, share * this.samples)
    const last = this.lastIndex
    for (let index = this.counts.countsArrayIndex(this.lowest); index <= last; index++) {
      const count = this.counts.getCountAtIndex(index)
      if (count >= missing) return this.within(index, missing / count)
      missing -= count
    }
    return this.within(last, 1)
  }

  private within(index: number, share: number): number {
    const lowest = this.counts.valueFromIndex(index)
    const highest = Math.min(this.counts.highestEquivalentValue(lowest), this.counts.maxValue)
    return (Math.max(lowest, this.lowest) * (1 - share) + highest * share) / UNITS
  }

  private get lastIndex(): number {
    return this.counts.countsArrayIndex(this.counts.maxValue)
  }

  /** As they travel: [index, count], indices ascending. */
  buckets(): Buckets {
    if (this.samples === 0) return []
    const buckets: [number, number][] = []
    const last = this.lastIndex
    for (let index = this.counts.countsArrayIndex(this.lowest); index <= last; index++) {
      const count = this.counts.getCountAtIndex(index)
      if (count > 0) buckets.push([index, count])
    }
    return buckets
  }

  add(buckets: Buckets): void {
    for (const [index, count] of buckets) {
      const units = this.counts.medianEquivalentValue(this.counts.valueFromIndex(index))
      this.counts.recordValueWithCount(units, count)
      this.sum += units * count
      if (units < this.lowest) this.lowest = units
    }
  }

  clear(): void {
    this.counts.reset()
    this.sum = 0
    this.lowest = Number.POSITIVE_INFINITY
  }
}
