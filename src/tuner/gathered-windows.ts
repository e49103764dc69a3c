import { MetricSet } from './metric-set.ts'
import { type WindowView, windowOf } from './window.ts'

/** One closed window: what was gathered, over how long. */
export interface ClosedWindow {
  readonly metrics: MetricSet
  /** samples a second of each metric; undefined: those of `metrics` over the time */
  readonly perSecond?: ReadonlyMap<string, number>
  readonly elapsedMs: number
  /** why it says nothing; undefined when it may be judged */
  readonly spoiled: string | undefined
}

/** Windows that are judged together, merged. */
export class GatheredWindows {
  private readonly metrics = new MetricSet()
  /** of metrics whose reports are of another time than the window's */
  private readonly samples = new Map<string, number>()
  private elapsedMs = 0
  private count = 0

  /** @param reserved metrics that have a place however many others there are */
  constructor(reserved: readonly string[]) {
    this.metrics.reserve(reserved)
  }

  get windows(): number {
    return this.count
  }

  add({ metrics, perSecond, elapsedMs }: ClosedWindow): void {
    this.metrics.add(metrics.reports())
    for (const [metric, rate] of perSecond ?? [])
      this.samples.set(metric, (this.samples.get(metric) ?? 0) + (rate * elapsedMs) / 1000)
    this.elapsedMs += elapsedMs
    this.count++
  }

  view(): WindowView {
    const seconds = this.elapsedMs / 1000
    const perSecond = new Map(
      [...this.samples].map(([metric, samples]) => [metric, seconds > 0 ? samples / seconds : 0]),
    )
    return windowOf(this.metrics, this.elapsedMs, perSecond)
  }

  clear(): void {
    this.metrics.clear()
    this.samples.clear()
    this.elapsedMs = 0
    this.count = 0
  }
}
