import { ConfigSyncError } from '#core/errors'
import { type JsonValue, jsonDefect } from '#core/json'
import { VALUE_DEPTH_MAX } from '#core/limits'
import type { Objective } from './objective.ts'
import type { Proposed, TrialOutcome, TuningContext, TuningStrategy } from './strategy.ts'

/**
 * A strategy, which may be the program's own, kept from doing harm by failing: then it proposes nothing and remembers what it
 * remembered before. What is on trial is judged all the same, and taken back if it made things worse.
 */
export class GuardedStrategy implements TuningStrategy {
  readonly name: string
  readonly pauseWindows: number
  private readonly inner: TuningStrategy
  private readonly objective: string
  private failures: ConfigSyncError[] = []

  constructor(inner: TuningStrategy, objective: string) {
    this.inner = inner
    this.objective = objective
    this.name = inner.name
    this.pauseWindows = inner.pauseWindows
  }

  propose(context: TuningContext, memory: JsonValue | undefined): Proposed {
    try {
      const proposed = this.inner.propose(context, memory)
      if (proposed.proposal.type === 'move' && !Number.isFinite(proposed.proposal.value))
        throw new Error(`${proposed.proposal.name} cannot be ${proposed.proposal.value}`)
      return { ...proposed, memory: checkedMemory(proposed.memory) }
    } catch (cause) {
      return { proposal: { type: 'stay', reason: this.failed(cause) }, memory: memory ?? null }
    }
  }

  learn(outcome: TrialOutcome, memory: JsonValue | undefined, objective: Objective): JsonValue {
    try {
      return checkedMemory(this.inner.learn(outcome, memory, objective))
    } catch (cause) {
      this.failed(cause)
      return memory ?? null
    }
  }

  private failed(cause: unknown): string {
    const detail = `strategy ${this.name} of objective ${this.objective}: ${cause}`
    this.failures.push(new ConfigSyncError('STRATEGY_FAILED', detail, { cause }))
    return detail
  }

  /** STRATEGY_FAILED, each once. */
  takeFailures(): readonly ConfigSyncError[] {
    return this.failures.splice(0)
  }
}

/** One level of the value that it is published in is the state around it. */
function checkedMemory(memory: JsonValue | undefined): JsonValue {
  if (memory === undefined) return null
  const defect = jsonDefect(memory, VALUE_DEPTH_MAX - 1)
  if (defect !== undefined) throw new Error(`what it remembers is no JSON: ${defect}`)
  return memory
}
