import { hash64OfText } from '#core/digest'
import type { NodeId } from '#core/identity'
import type { Measurements, TunerMode } from '#core/protocol'
import type { Scheduler } from '#mesh/scheduler'
import type { TunerPort } from '#node/tuner-port'
import { Arrivals } from './arrivals.ts'
import type { ClosedWindow } from './gathered-windows.ts'
import { MESH_METRICS } from './mesh-objective.ts'
import { MetricSet, reportBytes } from './metric-set.ts'

/** Bytes of measurements that a node may send for each heartbeat interval, and how many it may save up. */
const REPORT_BYTES_PER_BEAT = 160
const REPORT_BYTES_SAVED_MAX = 4_096
/** In a mesh of more members a node reports as much more rarely, so that the coordinator hears no more than of so many. */
const REPORTERS_PER_BEAT = 64
/** A window has at least so many heartbeats: reports of all nodes are in it. */
const WINDOW_BEATS_MIN = 5

/** What is measured here, what of it the coordinator has been told, and the window under way. */
export class Measuring {
  private readonly scheduler: Scheduler
  /** measured here since it was last moved on */
  private readonly fresh = new MetricSet()
  /** since the window began: measured here, and on the coordinator everywhere */
  private gathered = new MetricSet()
  private readonly arrivals = new Arrivals()
  private sinceMs: number
  private reportedMs: number
  private savedBytes = 0
  private beatsToReport: number | undefined
  /** what a node reports of everything that is in a window */
  private windowBytes = 0
  /** why the window under way says nothing */
  private spoiled: string | undefined

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler
    this.sinceMs = scheduler.nowMs()
    this.reportedMs = this.sinceMs
    this.fresh.reserve(MESH_METRICS)
  }

  /** @throws ConfigSyncError METRIC_INVALID */
  observe(metric: string, value: number | boolean): void {
    this.fresh.observe(metric, value)
  }

  /** What another node reported. */
  add(from: NodeId, { elapsedMs, metrics }: Measurements): void {
    const nowMs = this.scheduler.nowMs()
    this.gathered.add(metrics)
    this.arrivals.add(from, metrics, nowMs, Math.min(this.sinceMs, nowMs - elapsedMs))
  }

  spoil(why: string): void {
    this.spoiled ??= why
  }

  get elapsedMs(): number {
    return this.scheduler.nowMs() - this.sinceMs
  }

  /** Once a beat: moves what was measured into the window, and on an observing node a bounded part of it to the coordinator. */
  beat(mode: TunerMode, port: TunerPort | undefined): void {
    if (mode !== 'observing' || port === undefined) {
      this.moved(this.fresh.take(Number.POSITIVE_INFINITY), port)
      return
    }
    this.savedBytes = Math.min(REPORT_BYTES_SAVED_MAX, this.savedBytes + REPORT_BYTES_PER_BEAT)
    const everyBeats = reportEveryBeats(port.members)
    // Nodes that were started together do not report together.
    this.beatsToReport ??= 1 + (hash64OfText(port.nodeId)[0] % everyBeats)
    if (--this.beatsToReport > 0) return
    this.beatsToReport = everyBeats
    const metrics = this.fresh.take(this.savedBytes)
    if (metrics.length === 0) return
    this.moved(metrics, port)
    for (const report of metrics) this.savedBytes -= reportBytes(report)
    const nowMs = this.scheduler.nowMs()
    port.report({ elapsedMs: nowMs - this.reportedMs, metrics })
    this.reportedMs = nowMs
  }

  private moved(metrics: Measurements['metrics'], port: TunerPort | undefined): void {
    this.gathered.add(metrics)
    this.arrivals.add(port?.nodeId ?? ALONE, metrics, this.scheduler.nowMs(), this.sinceMs)
  }

  /** How many heartbeats a window has to have for every metric of every node to have been reported in it. */
  windowBeats(port: TunerPort | undefined): number {
    if (port === undefined) return WINDOW_BEATS_MIN
    return Math.max(
      WINDOW_BEATS_MIN,
      reportEveryBeats(port.members),
      Math.ceil(this.windowBytes / REPORT_BYTES_PER_BEAT),
    )
  }

  /** Ends the window under way and begins the next. */
  close(): ClosedWindow {
    this.windowBytes = this.gathered.reports().reduce((sum, report) => sum + reportBytes(report), 0)
    const perSecond = this.arrivals.take(this.scheduler.nowMs())
    const closed = { metrics: this.gathered, perSecond, elapsedMs: this.elapsedMs, spoiled: this.spoiled }
    this.begin()
    return closed
  }

  begin(): void {
    this.sinceMs = this.scheduler.nowMs()
    this.gathered = new MetricSet()
    this.spoiled = undefined
  }
}

/** Where there is no mesh. */
const ALONE = '' as NodeId

const reportEveryBeats = (members: number): number => Math.ceil(members / REPORTERS_PER_BEAT)
