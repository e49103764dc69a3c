import { ConfigSyncError } from '#core/errors'
import { METRICS_REPORTED_MAX } from '#core/limits'
import { nameDefect } from '#core/names'
import type { MetricReport } from '#core/protocol'
import { MetricHistogram } from './metric-histogram.ts'

/** What one metric came to within a window. A distribution has percentiles, a rate has outcomes; the other is undefined. */
export interface MetricView {
  readonly metric: string
  readonly samples: number
  /** of them, those that tell whether something succeeded; the others are numbers */
  readonly outcomes: number
  readonly perSecond: number
  readonly mean: number | undefined
  readonly p50: number | undefined
  readonly p95: number | undefined
  readonly p99: number | undefined
  /** 0 … 1 */
  readonly successRate: number | undefined
}

class Metric {
  readonly histogram = new MetricHistogram()
  good = 0
  bad = 0

  get empty(): boolean {
    return this.good + this.bad + this.histogram.samples === 0
  }

  clear(): void {
    this.histogram.clear()
    this.good = 0
    this.bad = 0
  }
}

/** Estimated bytes of a report beside the metric's name, and of one bucket in it. */
const REPORT_BYTES = 8
const BUCKET_BYTES = 2.5

/** Metrics by name, gathered here or added up from reports. */
export class MetricSet {
  private readonly metrics = new Map<string, Metric>()

  /** One sample: a number of a distribution, or the outcome of a rate. @throws ConfigSyncError METRIC_INVALID */
  observe(metric: string, value: number | boolean): void {
    const entry = this.metrics.get(metric) ?? this.introduced(metric)
    if (value === true) entry.good++
    else if (value === false) entry.bad++
    else if (Number.isFinite(value)) entry.histogram.record(value)
    else throw new ConfigSyncError('METRIC_INVALID', `${metric}: ${value} is neither a finite number nor an outcome`)
  }

  /** Keeps places for metrics, so that they can be observed however many others there are. */
  reserve(metrics: readonly string[]): void {
    for (const metric of metrics) if (!this.metrics.has(metric)) this.introduced(metric)
  }

  private introduced(metric: string): Metric {
    const defect = nameDefect(metric)
    if (defect !== undefined) throw new ConfigSyncError('METRIC_INVALID', `metric: ${defect}`)
    if (this.metrics.size >= METRICS_REPORTED_MAX)
      throw new ConfigSyncError('METRIC_INVALID', `${metric} would be metric ${METRICS_REPORTED_MAX + 1}`)
    const entry = new Metric()
    this.metrics.set(metric, entry)
    return entry
  }

  /** What another set reported. Names beyond the limit are left out: a sender of nonsense costs no more than that. */
  add(reports: readonly MetricReport[]): void {
    for (const { metric, good, bad, buckets } of reports) {
      if (!this.metrics.has(metric) && this.metrics.size >= METRICS_REPORTED_MAX) continue
      const entry = this.metrics.get(metric) ?? new Metric()
      this.metrics.set(metric, entry)
      entry.good += good
      entry.bad += bad
      entry.histogram.add(buckets)
    }
  }

  /**
   * Takes what was gathered out, as reports: the metrics that waited longest first, as long as the bytes last. What is left
   * goes on gathering: whoever waits longest is next, once there are bytes enough for it.
   */
  take(bytesMax: number): MetricReport[] {
    const taken: MetricReport[] = []
    let bytes = 0
    for (const report of this.reports()) {
      const cost = reportBytes(report)
      // Nobody overtakes, or a metric of many buckets would wait for ever while small ones take the bytes.
      if (bytes + cost > bytesMax) break
      bytes += cost
      taken.push(report)
      const entry = this.metrics.get(report.metric)!
      entry.clear()
      this.metrics.delete(report.metric)
      this.metrics.set(report.metric, entry)
    }
    return taken
  }

  /** Everything gathered, as reports. */
  reports(): MetricReport[] {
    const reports: MetricReport[] = []
    for (const [metric, { empty, good, bad, histogram }] of this.metrics)
      if (!empty) reports.push({ metric, good, bad, buckets: histogram.buckets() })
    return reports
  }

  names(): readonly string[] {
    return [...this.metrics.keys()]
  }

  /** undefined when nothing was observed. @param elapsedMs the time that was gathered over */
  view(metric: string, elapsedMs: number): MetricView | undefined {
    const entry = this.metrics.get(metric)
    if (entry === undefined || entry.empty) return undefined
    const { histogram, good, bad } = entry
    const samples = histogram.samples + good + bad
    return {
      metric,
      samples,
      outcomes: good + bad,
      perSecond: elapsedMs > 0 ? samples / (elapsedMs / 1000) : 0,
      mean: histogram.mean,
      p50: histogram.percentile(0.5),
      p95: histogram.percentile(0.95),
      p99: histogram.percentile(0.99),
      successRate: good + bad === 0 ? undefined : good / (good + bad),
    }
  }

  clear(): void {
    for (const entry of this.metrics.values()) entry.clear()
  }
}

/** Estimated; the wire has a few bytes less. */
export const reportBytes = ({ metric, buckets }: MetricReport): number =>
  REPORT_BYTES + metric.length + BUCKET_BYTES * buckets.length
