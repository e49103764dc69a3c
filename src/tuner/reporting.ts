import { hash64OfText } from '#core/digest'
import type { RunId } from '#core/identity'
import type { Measurements, MetricReport } from '#core/protocol'
import type { TunerPort } from '#node/tuner-port'
import { MetricSet, reportBytes } from './metric-set.ts'

/** What reporting needs of a node. */
export type ReportingPort = Pick<TunerPort, 'nodeId' | 'members' | 'coordinator' | 'observers' | 'report'>

/** Bytes of measurements that a node may send for each heartbeat interval, and how many it may save up. */
export const REPORT_BYTES_PER_BEAT = 160
const REPORT_BYTES_SAVED_MAX = 4_096
/** In a mesh of more members a node reports as much more rarely, so that the coordinator hears no more than of so many. */
const REPORTERS_PER_BEAT = 64
/**
 * A coordinator is found dead after 3.5 H without loss and 8 H with a fifth of it: what was reported longer ago than that says too
 * little about now to be reported again.
 */
const KEPT_MAX = 10
/** Of a process that stood still for longer the wire would refuse the report: nothing was measured for most of that time. */
const ELAPSED_MS_MAX = 60 * 60 * 1000

/** One report, as long as nobody can be sure that it arrived. */
interface Kept {
  readonly sentMs: number
  readonly metrics: readonly MetricReport[]
  readonly sinceMs: ReadonlyMap<string, number>
}

/** What was measured, and when the earliest of it began. */
export interface Owed {
  readonly metrics: readonly MetricReport[]
  readonly sinceMs: number
}

export const reportEveryBeats = (members: number): number => Math.ceil(members / REPORTERS_PER_BEAT)

/**
 * What a node measured and its coordinator has not been told, at a bounded cost. A report that was sent into the silence of a dead
 * coordinator is sent again to the next one, with what was measured since. So a window of the new coordinator has as much of this
 * node as of itself: the times of all begin at about the last sign of life of the one before. Without that, a window would have a
 * part of the nodes only, and be judged as if it were the whole.
 */
export class Reporting {
  private readonly unreported = new MetricSet()
  /** when what is unreported of a metric began */
  private sinceMs = new Map<string, number>()
  private kept: Kept[] = []
  /** the run that was reported to last */
  private to: RunId | undefined
  private savedBytes = 0
  private beatsToReport: number | undefined
  /** what began before it is of another value */
  private changedMs = Number.NEGATIVE_INFINITY

  add(metrics: readonly MetricReport[], sinceMs: number): void {
    this.unreported.add(metrics)
    for (const { metric } of metrics) this.sinceMs.set(metric, Math.min(this.sinceMs.get(metric) ?? sinceMs, sinceMs))
  }

  /** A parameter was changed: what was reported before is not sent again, because a trial begins with what came after. */
  changed(nowMs: number): void {
    this.changedMs = nowMs
    this.kept = []
  }

  /** Once a beat. */
  beat(port: ReportingPort, nowMs: number): void {
    this.savedBytes = Math.min(REPORT_BYTES_SAVED_MAX, this.savedBytes + REPORT_BYTES_PER_BEAT)
    const everyBeats = reportEveryBeats(port.members)
    // Nodes that were started together do not report together.
    this.beatsToReport ??= 1 + (hash64OfText(port.nodeId)[0] % everyBeats)
    this.beatsToReport--
    const { coordinator } = port
    if (coordinator === undefined) {
      this.keep(this.take(Number.POSITIVE_INFINITY), nowMs)
      return
    }
    const isNew = coordinator.runId !== this.to
    if (isNew) this.unkeep()
    // Any sign of life after it was sent: it is with the coordinator, whose window ends with it.
    else this.kept = this.kept.filter(({ sentMs }) => sentMs >= nowMs - coordinator.silentMs)
    if (this.beatsToReport > 0) return
    this.beatsToReport = everyBeats
    const taken = this.take(this.savedBytes)
    // A new one is told in any case that this node is with it now.
    if (taken.metrics.length === 0 && !isNew) return
    this.to = coordinator.runId
    for (const report of taken.metrics) this.savedBytes -= reportBytes(report)
    const elapsedMs = Math.min(ELAPSED_MS_MAX, nowMs - earliest(taken.sinceMs, nowMs))
    port.report(coordinator.nodeId, { elapsedMs, metrics: taken.metrics } satisfies Measurements)
    this.keep(taken, nowMs)
  }

  private take(bytesMax: number): Omit<Kept, 'sentMs'> {
    const metrics = this.unreported.take(bytesMax)
    const sinceMs = new Map(metrics.map(({ metric }) => [metric, this.sinceMs.get(metric)!]))
    for (const { metric } of metrics) this.sinceMs.delete(metric)
    return { metrics, sinceMs }
  }

  private keep(taken: Omit<Kept, 'sentMs'>, nowMs: number): void {
    if (taken.metrics.length === 0 || earliest(taken.sinceMs, nowMs) < this.changedMs) return
    this.kept.push({ ...taken, sentMs: nowMs })
    if (this.kept.length > KEPT_MAX) this.kept.shift()
  }

  /** What may not have arrived is unreported. */
  private unkeep(): void {
    for (const { metrics, sinceMs } of this.kept)
      for (const report of metrics) this.add([report], sinceMs.get(report.metric)!)
    this.kept = []
  }

  /** This node is the coordinator now: what it would have reported is its own. */
  takeAll(nowMs: number): Owed {
    this.unkeep()
    this.to = undefined
    const { metrics, sinceMs } = this.take(Number.POSITIVE_INFINITY)
    return { metrics, sinceMs: earliest(sinceMs, nowMs) }
  }
}

const earliest = (sinceMs: ReadonlyMap<string, number>, otherwise: number): number =>
  Math.min(otherwise, ...sinceMs.values())
