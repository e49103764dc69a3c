import type { AdjustmentRecord } from '#tuner/adjustment'
import type { MetricView } from '#tuner/metric-set'
import type { ObjectiveStatus, TunerStatus } from '#tuner/tuner-status'

const orNull = <T>(value: T | undefined): T | null => (value === undefined ? null : value)
/** JSON has no NaN: a value that is no number. */
const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

export type TunerJson = ReturnType<typeof tunerJson>
export function tunerJson(status: TunerStatus, adjustments: readonly AdjustmentRecord[], total: number) {
  const { mode, epoch, windowMs, objectives } = status
  return {
    mode,
    epoch,
    windowMs,
    objectives: objectives.map(objectiveJson),
    total,
    adjustments: adjustments.map(adjustmentJson),
  }
}

function objectiveJson({ name, strategy, goals, parameters, note, state }: ObjectiveStatus) {
  return {
    name,
    strategy,
    note,
    frozen: state.frozen,
    pauseLeft: state.pauseLeft,
    revertsInRow: state.revertsInRow,
    trial: trialJson(state.trial),
    blocked: state.blocked.map(({ name: parameter, value, leftMs }) => ({ parameter, value, leftMs })),
    goals: goals.map(({ goal, standing, measured }) => ({
      metric: goal.metric,
      p95AtMost: 'p95AtMost' in goal ? goal.p95AtMost : null,
      rateAtLeast: 'rateAtLeast' in goal ? goal.rateAtLeast : null,
      raise: 'raise' in goal ? goal.raise : null,
      standing,
      measured: measured ? metricJson(measured) : null,
    })),
    parameters: parameters.map(({ name: parameter, value, min, max, step, owner, held }) => ({
      parameter,
      value: finiteOrNull(value),
      min,
      max,
      step,
      owner: orNull(owner),
      held: orNull(held),
    })),
  }
}

const trialJson = (trial: ObjectiveStatus['state']['trial']) =>
  trial === undefined
    ? null
    : { parameter: trial.name, oldValue: trial.oldValue, newValue: trial.newValue, windows: trial.windows }

const metricJson = ({ samples, perSecond, mean, p50, p95, p99, successRate }: MetricView) => ({
  samples,
  perSecond,
  mean: orNull(mean),
  p50: orNull(p50),
  p95: orNull(p95),
  p99: orNull(p99),
  successRate: orNull(successRate),
})

export function adjustmentJson(record: AdjustmentRecord) {
  const { kind, objective, section, parameter, reason, epoch, nodeId, at, measured } = record
  return {
    kind,
    objective,
    section,
    parameter,
    oldValue: finiteOrNull(record.oldValue),
    newValue: finiteOrNull(record.newValue),
    reason,
    epoch,
    nodeId,
    at,
    measured: measured
      ? {
          p95: orNull(measured.p95),
          successRate: orNull(measured.successRate),
          throughput: orNull(measured.throughput),
        }
      : null,
  }
}
