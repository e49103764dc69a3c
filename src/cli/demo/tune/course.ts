import type { MetricReport } from '#core/protocol'
import type { AdjustmentRecord } from '#tuner/adjustment'
import { MetricSet, type MetricView } from '#tuner/metric-set'
import type { PoolLimits } from './worker-pool.ts'

/** A percentile of fewer jobs is one job. */
const JOBS_MIN = 20
/** Seconds whose jobs are judged together. */
const RECENT_POINTS = 3

/** One second of the demo, measured by the demo itself, over all nodes. */
export interface CoursePoint {
  readonly atS: number
  /** milliseconds; undefined when there were too few jobs */
  readonly p95: number | undefined
  readonly jobs: number
  /** what the nodes work by; several while an adjustment is on its way */
  readonly limits: readonly PoolLimits[]
  /** when one of these happened within it */
  readonly marks: readonly CourseMark[]
}

export type CourseMark = 'adjust' | 'revert' | 'load' | 'kill'

/** An adjustment, and the nodes on which it came into force so far. */
export interface SeenAdjustment extends AdjustmentRecord {
  readonly atS: number
  readonly seenBy: ReadonlySet<string>
}

/** What happened since the beginning, second by second: the demo's own measurements, beside those of the tuner. */
export class Course {
  private readonly metric: string
  private readonly startedAt = performance.now()
  private readonly closed: CoursePoint[] = []
  private readonly recent: MetricSet[] = []
  private readonly limitsOf = new Map<string, PoolLimits>()
  private readonly seen = new Map<string, SeenAdjustment & { readonly seenBy: Set<string> }>()
  private current = new MetricSet()
  private marks: CourseMark[] = []

  /** @param metric of the goal */
  constructor(metric: string) {
    this.metric = metric
  }

  get points(): readonly CoursePoint[] {
    return this.closed
  }

  get adjustments(): readonly SeenAdjustment[] {
    return [...this.seen.values()]
  }

  get nowS(): number {
    return (performance.now() - this.startedAt) / 1_000
  }

  measured(nodeId: string, metrics: readonly MetricReport[], limits: PoolLimits): void {
    this.current.add(metrics)
    this.limitsOf.set(nodeId, limits)
  }

  /** Each node tells of each adjustment. @returns it, when this node is the first to tell */
  adjusted(nodeId: string, record: AdjustmentRecord): SeenAdjustment | undefined {
    const key = JSON.stringify([record.nodeId, record.epoch, record.parameter, record.newValue, record.reason])
    const known = this.seen.get(key)
    known?.seenBy.add(nodeId)
    if (known !== undefined) return undefined
    const first = { ...record, atS: this.nowS, seenBy: new Set([nodeId]) }
    this.seen.set(key, first)
    this.mark(record.kind)
    return first
  }

  mark(mark: CourseMark): void {
    this.marks.push(mark)
  }

  gone(nodeId: string): void {
    this.limitsOf.delete(nodeId)
  }

  /** Ends the second under way. */
  close(): CoursePoint {
    const view = this.current.view(this.metric, 1_000)
    const limits = [...new Map([...this.limitsOf.values()].map((one) => [JSON.stringify(one), one])).values()]
    const point = { atS: this.nowS, p95: p95Of(view), jobs: view?.samples ?? 0, limits, marks: this.marks }
    this.closed.push(point)
    this.recent.push(this.current)
    if (this.recent.length > RECENT_POINTS) this.recent.shift()
    this.current = new MetricSet()
    this.marks = []
    return point
  }

  /** Over the last three seconds together, when there were so many since `sinceS`. */
  recentP95(sinceS: number): number | undefined {
    const first = this.closed.at(-RECENT_POINTS)
    if (first === undefined || first.atS - 1 < sinceS) return undefined
    const together = new MetricSet()
    for (const set of this.recent) together.add(set.reports())
    return p95Of(together.view(this.metric, RECENT_POINTS * 1_000))
  }
}

const p95Of = (view: MetricView | undefined): number | undefined =>
  view !== undefined && view.samples >= JOBS_MIN ? view.p95 : undefined
