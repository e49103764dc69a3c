import type { Origin, Sequence } from './identity.ts'
import type { Update } from './update.ts'

/**
 * A causal context without the own dot: origins in code-unit order, each followed by the highest sequence known of it.
 * One flat array, because most are empty or have a few entries and there is one for every parameter.
 */
export type CausalContext = readonly (Origin | Sequence)[]

export const EMPTY_CONTEXT: CausalContext = Object.freeze([])

export const contextSize = (context: CausalContext): number => context.length / 2
export const contextOriginAt = (context: CausalContext, index: number): Origin => context[2 * index] as Origin
export const contextSequenceAt = (context: CausalContext, index: number): Sequence => context[2 * index + 1] as Sequence

/** The highest sequence that the context knows of an origin, 0 when it knows none. */
export function contextSequence(context: CausalContext, origin: Origin): number {
  for (let i = 0; i < context.length; i += 2) if (context[i] === origin) return context[i + 1] as Sequence
  return 0
}

/** Whether `update`, its own dot included, has seen the dot (origin, sequence). */
export const supersedes = (update: Update, origin: Origin, sequence: Sequence): boolean =>
  update.origin === origin ? update.sequence >= sequence : contextSequence(update.context, origin) >= sequence

/** The context of a write that has seen all of `siblings` and `floor`: their join, without the writer's own origin. */
export function joinContexts(
  siblings: readonly Update[],
  floor: ReadonlyMap<Origin, Sequence>,
  writer: Origin,
): CausalContext {
  const joined = new Map<Origin, Sequence>(floor)
  for (const sibling of siblings) {
    raise(joined, sibling.origin, sibling.sequence)
    for (let i = 0; i < sibling.context.length; i += 2)
      raise(joined, sibling.context[i] as Origin, sibling.context[i + 1] as Sequence)
  }
  joined.delete(writer)
  return contextOf(joined)
}

export function contextOf(entries: ReadonlyMap<Origin, Sequence>): CausalContext {
  if (entries.size === 0) return EMPTY_CONTEXT
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).flat()
}

function raise(entries: Map<Origin, Sequence>, origin: Origin, sequence: Sequence): void {
  if ((entries.get(origin) ?? 0) < sequence) entries.set(origin, sequence)
}

/** The context with the own dot, as the plain object that people and programs are shown. */
export function versionVectorOf(update: Update): Record<Origin, Sequence> {
  const vector: Record<Origin, Sequence> = {}
  for (let i = 0; i < update.context.length; i += 2)
    vector[update.context[i] as Origin] = update.context[i + 1] as Sequence
  vector[update.origin] = update.sequence
  return vector
}
