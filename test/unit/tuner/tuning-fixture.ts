import type { JsonValue } from '#core/json'
import { type Look, look, type Verdict } from '#tuner/look'
import { MetricSet } from '#tuner/metric-set'
import type { Objective } from '#tuner/objective'
import type { Proposal, Tunable, TuningStrategy } from '#tuner/strategy'
import { INITIAL_STATE, type TuningState } from '#tuner/tuning-state'
import { type WindowView, windowOf } from '#tuner/window'

export const WINDOW_MS = 10_000

export const OBJECTIVE: Objective = {
  name: 'pool',
  goals: [
    { metric: 'request_ms', p95AtMost: 100 },
    { metric: 'request_ok', rateAtLeast: 0.99 },
    { metric: 'request_ms', raise: 'throughput' },
  ],
  parameters: ['pool.concurrency'],
}

export const tunable = (value: number, more: Partial<Tunable> = {}): Tunable => ({
  name: 'pool.concurrency',
  value,
  min: 1,
  max: 100,
  step: 1,
  default: undefined,
  owner: undefined,
  whenMissed: 'lower',
  held: undefined,
  ...more,
})

export interface Measures {
  /** of every sample */
  readonly ms?: number
  readonly samples?: number
  readonly failed?: number
}

export function gathered({ ms = 50, samples = 200, failed = 0 }: Measures): MetricSet {
  const metrics = new MetricSet()
  for (let i = 0; i < samples; i++) {
    metrics.observe('request_ms', ms)
    metrics.observe('request_ok', i >= failed)
  }
  return metrics
}

export const windowWith = (measures: Measures): WindowView => windowOf(gathered(measures), WINDOW_MS)

/** Proposes what it is told to, one after the other, then nothing; remembers how its trials ended. */
export function scripted(proposals: readonly Proposal[], pauseWindows = 0): TuningStrategy {
  const stay: Proposal = { type: 'stay', reason: 'the script is at its end' }
  const countOf = (memory: JsonValue | undefined) => (typeof memory === 'number' ? memory : 0)
  return {
    name: 'scripted',
    pauseWindows,
    propose: (_context, memory) => ({
      proposal: proposals[countOf(memory)] ?? stay,
      memory: countOf(memory) + 1,
    }),
    learn: (_outcome, memory) => memory ?? null,
  }
}

export const move = (value: number, kind?: 'step' | 'probe' | 'undo'): Proposal => ({
  type: 'move',
  name: 'pool.concurrency',
  value,
  reason: 'to see',
  ...(kind && { kind }),
})

/** One parameter, looked at window after window. */
export class Looked {
  state: TuningState = INITIAL_STATE
  value: number
  readonly verdicts: Verdict[] = []
  private readonly strategy: TuningStrategy
  private readonly more: Partial<Tunable>

  constructor(strategy: TuningStrategy, value: number, more: Partial<Tunable> = {}) {
    this.strategy = strategy
    this.value = value
    this.more = more
  }

  window(measures: Measures, at: Partial<Look> = {}): Verdict {
    const window = windowWith(measures)
    const verdict = look(this.state, {
      objective: OBJECTIVE,
      strategy: this.strategy,
      tunables: [tunable(this.value, this.more)],
      window,
      elapsedMs: window.elapsedMs,
      sinceTrial: window,
      rise: 0,
      stepRatioMax: 0.2,
      ...at,
    })
    this.state = verdict.state
    if (verdict.move) this.value = verdict.move.newValue
    this.verdicts.push(verdict)
    return verdict
  }
}
