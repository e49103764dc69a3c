import type { TunerMode } from '#core/protocol'
import type { Scheduler } from '#mesh/scheduler'
import type { TunerPort } from '#node/tuner-port'
import { MESH_METRICS } from './mesh-objective.ts'
import { MetricSet, reportBytes } from './metric-set.ts'
import type { ClosedWindow } from './objective-run.ts'

/** Bytes of measurements that a node may send for each heartbeat interval, and how many it may save up. */
const REPORT_BYTES_PER_BEAT = 160
const REPORT_BYTES_SAVED_MAX = 4_096
/** In a mesh of more members a node reports as much more rarely, so that the coordinator hears no more than of so many. */
const REPORTERS_PER_BEAT = 64

/** What is measured here, what of it the coordinator has been told, and the window under way. */
export class Measuring {
  private readonly scheduler: Scheduler
  /** measured here since it was last moved on */
  private readonly fresh = new MetricSet()
  /** since the window began: measured here, and on the coordinator everywhere */
  private gathered = new MetricSet()
  private sinceMs: number
  private reportedMs: number
  private savedBytes = 0
  private beatsToReport = 0
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
  add(metrics: Parameters<MetricSet['add']>[0]): void {
    this.gathered.add(metrics)
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
      this.gathered.add(this.fresh.take(Number.POSITIVE_INFINITY))
      return
    }
    this.savedBytes = Math.min(REPORT_BYTES_SAVED_MAX, this.savedBytes + REPORT_BYTES_PER_BEAT)
    if (--this.beatsToReport > 0) return
    this.beatsToReport = Math.ceil(port.members / REPORTERS_PER_BEAT)
    const metrics = this.fresh.take(this.savedBytes)
    if (metrics.length === 0) return
    this.gathered.add(metrics)
    for (const report of metrics) this.savedBytes -= reportBytes(report)
    const nowMs = this.scheduler.nowMs()
    port.report({ elapsedMs: nowMs - this.reportedMs, metrics })
    this.reportedMs = nowMs
  }

  /** Ends the window under way and begins the next. */
  close(): ClosedWindow {
    const closed = { metrics: this.gathered, elapsedMs: this.elapsedMs, spoiled: this.spoiled }
    this.begin()
    return closed
  }

  begin(): void {
    this.sinceMs = this.scheduler.nowMs()
    this.gathered = new MetricSet()
    this.spoiled = undefined
  }
}
