import type { NodeId } from '#core/identity'
import type { Measurements, MetricReport, TunerMode } from '#core/protocol'
import type { Scheduler } from '#mesh/scheduler'
import { Arrivals } from './arrivals.ts'
import type { ClosedWindow } from './gathered-windows.ts'
import { MetricSet, reportBytes } from './metric-set.ts'
import { REPORT_BYTES_PER_BEAT, Reporting, type ReportingPort, reportEveryBeats } from './reporting.ts'

/** A window has at least so many heartbeats: reports of all nodes are in it. */
const WINDOW_BEATS_MIN = 5
/** A new coordinator judges nothing for so many windows at most while somebody who measures has not reported to it. */
const AWAITED_WINDOWS = 3

/** What is measured here, what of it the coordinator has been told, and the window under way. */
export class Measuring {
  private readonly scheduler: Scheduler
  private readonly port: ReportingPort | undefined
  private readonly reserved: readonly string[]
  /** measured here since `collectedMs` */
  private fresh: MetricSet
  private collectedMs: number
  /** since the window began: measured here, and on the coordinator everywhere */
  private gathered: MetricSet
  private arrivals = new Arrivals()
  private reporting = new Reporting()
  private sinceMs: number
  /** who reported in this reign, as long as somebody is awaited */
  private readonly heard = new Set<NodeId>()
  private awaitedWindows = 0
  /** what a node reports of everything that is in a window */
  private windowBytes = 0
  /** why the window under way says nothing */
  private spoiled: string | undefined

  /**
   * @param port undefined without a mesh
   * @param reserved metrics that have a place however many others there are
   */
  constructor(scheduler: Scheduler, port: ReportingPort | undefined, reserved: readonly string[]) {
    this.scheduler = scheduler
    this.port = port
    this.reserved = reserved
    this.sinceMs = scheduler.nowMs()
    this.collectedMs = this.sinceMs
    this.fresh = this.emptySet()
    this.gathered = this.emptySet()
  }

  private emptySet(): MetricSet {
    const metrics = new MetricSet()
    metrics.reserve(this.reserved)
    return metrics
  }

  /** @throws ConfigSyncError METRIC_INVALID */
  observe(metric: string, value: number | boolean): void {
    this.fresh.observe(metric, value)
  }

  /** What another node reported. */
  add(from: NodeId, { elapsedMs, metrics }: Measurements): void {
    const nowMs = this.scheduler.nowMs()
    this.heard.add(from)
    this.gathered.add(metrics)
    this.arrivals.add(from, metrics, nowMs, Math.min(this.sinceMs, nowMs - elapsedMs))
  }

  /** Somebody changed a parameter within the window. */
  spoil(why: string): void {
    this.spoiled ??= why
  }

  /** A parameter has another value from now on. */
  changed(): void {
    this.reporting.changed(this.scheduler.nowMs())
  }

  get elapsedMs(): number {
    return this.scheduler.nowMs() - this.sinceMs
  }

  /** Once a beat: what was measured goes into the window, and on an observing node a bounded part of it to the coordinator. */
  beat(mode: TunerMode): void {
    this.collect(mode)
    if (mode === 'observing' && this.port) this.reporting.beat(this.port, this.scheduler.nowMs())
  }

  /** Moves what was measured into the window. */
  collect(mode: TunerMode): void {
    const metrics = this.fresh.take(Number.POSITIVE_INFINITY)
    this.enter(metrics, this.sinceMs)
    if (mode === 'observing') this.reporting.add(metrics, this.collectedMs)
    this.collectedMs = this.scheduler.nowMs()
  }

  private enter(metrics: readonly MetricReport[], sinceMs: number): void {
    this.gathered.add(metrics)
    this.arrivals.add(this.port?.nodeId ?? ALONE, metrics, this.scheduler.nowMs(), sinceMs)
  }

  /** How many heartbeats a window has to have for every metric of every node to have been reported in it. */
  get windowBeats(): number {
    if (this.port === undefined) return WINDOW_BEATS_MIN
    return Math.max(
      WINDOW_BEATS_MIN,
      reportEveryBeats(this.port.members),
      Math.ceil(this.windowBytes / REPORT_BYTES_PER_BEAT),
    )
  }

  /** Ends the window under way and begins the next. */
  close(): ClosedWindow {
    this.awaitReports()
    this.windowBytes = this.gathered.reports().reduce((sum, report) => sum + reportBytes(report), 0)
    const perSecond = this.arrivals.take(this.scheduler.nowMs())
    const closed = { metrics: this.gathered, perSecond, elapsedMs: this.elapsedMs, spoiled: this.spoiled }
    this.beginWindow()
    return closed
  }

  /** A window of a new coordinator is whole when everybody who measures has reported to it once: from then on all go on. */
  private awaitReports(): void {
    if (this.awaitedWindows === 0) return
    const missing = this.port?.observers.find((nodeId) => !this.heard.has(nodeId))
    this.awaitedWindows = missing === undefined ? 0 : this.awaitedWindows - 1
    if (missing !== undefined) this.spoil(`${missing} has not reported to this coordinator yet`)
  }

  private beginWindow(): void {
    this.sinceMs = this.scheduler.nowMs()
    this.gathered = this.emptySet()
    this.spoiled = undefined
  }

  /**
   * The mode changed: a new window begins. Who observed, or coordinated, until now goes on measuring for the mesh, and nothing of
   * that is lost; what was measured while the tuner was off is.
   */
  turn(from: TunerMode, to: TunerMode): void {
    if (isInMesh(from) && isInMesh(to)) this.collect('observing')
    else this.forget()
    this.arrivals = new Arrivals()
    this.beginWindow()
    this.heard.clear()
    this.awaitedWindows = from === 'observing' && to === 'active' ? AWAITED_WINDOWS : 0
    if (to !== 'active') return
    const { metrics, sinceMs } = this.reporting.takeAll(this.sinceMs)
    this.enter(metrics, sinceMs)
  }

  private forget(): void {
    this.fresh = this.emptySet()
    this.reporting = new Reporting()
    this.collectedMs = this.scheduler.nowMs()
  }
}

/** Where there is no mesh. */
const ALONE = '' as NodeId

const isInMesh = (mode: TunerMode): boolean => mode === 'active' || mode === 'observing'
