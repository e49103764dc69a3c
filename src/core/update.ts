import type { CausalContext } from './causal-context.ts'
import type { Dot, Origin, Sequence } from './identity.ts'
import type { JsonValue } from './json.ts'
import type { TraceParent } from './trace-parent.ts'

/** `latest`, `max`, `min`, `average`, `union`, `deep-merge`, or `custom:NAME` of a function that the nodes declare. */
export type MergeRule = 'latest' | 'max' | 'min' | 'average' | 'union' | 'deep-merge' | `custom:${string}`

/**
 * Hybrid logical clock stamp: milliseconds since 1970 and a counter within them (Kulkarni et al., "Logical Physical
 * Clocks", 2014). Orders siblings only; causality is the context's business.
 */
export type HybridTimestamp = readonly [milliseconds: number, logical: number]

/** The changes of one call: `size` consecutive sequences of one origin, from `first` on. They apply in one step. */
export interface Group {
  readonly first: Sequence
  readonly size: number
}

/**
 * One write of one parameter. Immutable, shared by everything that holds it, and laid out flat because a replica keeps
 * one for each parameter.
 */
export interface Update {
  readonly section: string
  readonly parameter: string
  /** undefined: a tombstone, the parameter was deleted */
  readonly value: JsonValue | undefined
  readonly origin: Origin
  readonly sequence: Sequence
  readonly timestampMs: number
  readonly timestampLogical: number
  readonly priority: number
  readonly rule: MergeRule
  /** 0, or the coordinator's reign in which the tuner wrote this */
  readonly epoch: number
  /** what the writer had seen of this parameter's writers, without this update's own dot */
  readonly context: CausalContext
  readonly group: Group | undefined
  readonly reason: string | undefined
  /** the trace in which it was written, for those who watch; it changes nothing */
  readonly trace: TraceParent | undefined
  /** fields of a later protocol, carried on unchanged */
  readonly unknownFields: readonly unknown[] | undefined
}

export const dotOf = (update: Update): Dot => ({ origin: update.origin, sequence: update.sequence })
export const isTombstone = (update: Update): boolean => update.value === undefined
