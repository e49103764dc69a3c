import type { NodeId } from '#core/identity'
import type { MetricReport } from '#core/protocol'

/** Whoever was silent for so long is gone, or begins anew. */
const FORGOTTEN_MS = 10 * 60 * 1000
/** A report that is later than so many of the times before it is not only late: there was nothing to report. */
const LATE_FACTOR = 2

/** What one node reported of one metric. */
interface Arrived {
  /** since the last call of take() */
  samples: number
  spanMs: number
  latestMs: number
  /** of the latest report */
  latestSpanMs: number
  /** when it was last asked for */
  perSecond: number
}

const samplesOf = ({ good, bad, buckets }: MetricReport): number =>
  buckets.reduce((sum, [, count]) => sum + count, good + bad)

/**
 * How many samples a second there are of each metric. Reports come when there is room for them, so the samples of one are of the
 * time since the one before of the same metric and node, not of the window that it came in: by the window alone, a metric that
 * is reported in every third heartbeat would have a third more samples in some windows than in others.
 */
export class Arrivals {
  private readonly metrics = new Map<string, Map<NodeId, Arrived>>()

  /** @param sinceMs when the samples began at the latest, if nothing came from this node before */
  add(from: NodeId, reports: readonly MetricReport[], nowMs: number, sinceMs: number): void {
    for (const report of reports) {
      const nodes = this.metrics.get(report.metric) ?? new Map<NodeId, Arrived>()
      this.metrics.set(report.metric, nodes)
      const before = nodes.get(from) ?? { samples: 0, spanMs: 0, latestMs: sinceMs, perSecond: 0 }
      const latestSpanMs = nowMs - before.latestMs
      nodes.set(from, {
        ...before,
        samples: before.samples + samplesOf(report),
        spanMs: before.spanMs + latestSpanMs,
        latestMs: nowMs,
        latestSpanMs,
      })
    }
  }

  /** By metric, over what came since the last call; a node whose report is still to come counts as before. */
  take(nowMs: number): ReadonlyMap<string, number> {
    const rates = new Map<string, number>()
    for (const [metric, nodes] of this.metrics) {
      let perSecond = 0
      for (const [node, arrived] of nodes) {
        if (nowMs - arrived.latestMs > FORGOTTEN_MS) nodes.delete(node)
        else perSecond += taken(arrived, nowMs)
      }
      if (nodes.size === 0) this.metrics.delete(metric)
      else rates.set(metric, perSecond)
    }
    return rates
  }
}

function taken(arrived: Arrived, nowMs: number): number {
  const { samples, spanMs, latestMs, latestSpanMs } = arrived
  if (spanMs > 0) arrived.perSecond = (samples / spanMs) * 1000
  else if (nowMs - latestMs > LATE_FACTOR * latestSpanMs) arrived.perSecond = 0
  arrived.samples = 0
  arrived.spanMs = 0
  return arrived.perSecond
}
