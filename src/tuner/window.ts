import type { MetricSet, MetricView } from './metric-set.ts'
import { EASY_FACTOR, type Goal, MISSED_FACTOR, type Objective, SAMPLES_MIN, type Standing } from './objective.ts'

/** What was measured over one window, on this node or, on the coordinator, on all of them. */
export interface WindowView {
  readonly elapsedMs: number
  /** undefined when nothing was observed */
  metric(name: string): MetricView | undefined
}

/** @param perSecond samples a second, by metric; default: those of `metrics` over `elapsedMs` */
export function windowOf(metrics: MetricSet, elapsedMs: number, perSecond?: ReadonlyMap<string, number>): WindowView {
  const views = new Map(
    metrics.names().map((name) => {
      const view = metrics.view(name, elapsedMs)
      return [name, view && { ...view, perSecond: perSecond?.get(name) ?? view.perSecond }]
    }),
  )
  return { elapsedMs, metric: (name) => views.get(name) }
}

/** How a goal stands in this window. */
export function standingOf(goal: Goal, window: WindowView): Standing {
  const view = window.metric(goal.metric)
  if (view === undefined || samplesFor(goal, view) < SAMPLES_MIN) return 'unknown'
  if ('raise' in goal) return 'met'
  if ('rateAtLeast' in goal) return (view.successRate ?? 1) < goal.rateAtLeast ? 'missed' : 'met'
  const p95 = view.p95 ?? 0
  if (p95 > MISSED_FACTOR * goal.p95AtMost) return 'missed'
  return p95 < EASY_FACTOR * goal.p95AtMost ? 'easy' : 'met'
}

/** A p95 is of numbers, a rate of outcomes; without any of its kind a goal would be met by whatever was measured. */
function samplesFor(goal: Goal, { samples, outcomes }: MetricView): number {
  if ('p95AtMost' in goal) return samples - outcomes
  return 'rateAtLeast' in goal ? outcomes : samples
}

/** Why a window cannot be judged, or undefined. */
export function tooFewSamples({ goals }: Objective, window: WindowView): string | undefined {
  const unknown = goals.filter((goal) => standingOf(goal, window) === 'unknown')
  if (unknown.length === 0) return undefined
  const counts = unknown.map((goal) => {
    const view = window.metric(goal.metric)
    return `${goal.metric} ${view === undefined ? 0 : samplesFor(goal, view)}`
  })
  return `too few samples (under ${SAMPLES_MIN}): ${counts.join(', ')}`
}

/** The measurements behind a decision, small enough to be kept and sent. */
export interface Measured {
  readonly p95: number | undefined
  readonly successRate: number | undefined
  readonly throughput: number | undefined
}

/** Over the windows given: each is weighed by its samples, which is exact for rates and near enough for a percentile. */
export function measuredOf({ goals }: Objective, window: WindowView): Measured {
  const viewOf = (kind: string) => {
    const goal = goals.find((one) => kind in one)
    return goal && window.metric(goal.metric)
  }
  return {
    p95: viewOf('p95AtMost')?.p95,
    successRate: viewOf('rateAtLeast')?.successRate,
    throughput: viewOf('raise')?.perSecond,
  }
}
