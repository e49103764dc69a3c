import type { CausalContext } from '#core/causal-context'
import { type NodeId, type Origin, originOf } from '#core/identity'
import type { PullAnswer } from '#core/protocol'
import type { Replica } from '#core/replica'
import type { Update } from '#core/update'
import type { SpecAnswer, SpecReplica, SpecUpdate, SpecVector } from './traces.ts'

/** A state of the specification and a state of the code in the same words, to be compared. */
export interface Picture {
  readonly live: readonly string[]
  readonly seen: readonly string[]
  readonly collected: readonly string[]
}

export const nodeIdOf = (n: number): NodeId => `n${n}` as NodeId
export const incarnationOf = (incarnation: number): string => incarnation.toString(16).padStart(16, '0')
export const originOfSpec = (origin: number): Origin =>
  originOf(nodeIdOf(Math.floor(origin / 100)), incarnationOf(origin % 100))

const dotText = (origin: Origin, sequence: number): string => `${origin} ${sequence}`
const specDotText = ([origin, sequence]: readonly [number, number]): string => dotText(originOfSpec(origin), sequence)
const specVector = (vector: SpecVector): string[] => vector.map(specDotText).sort()

const specUpdate = ({ parameter, origin, sequence, value, deletes, priority, context }: SpecUpdate): string =>
  [parameter, specDotText([origin, sequence]), deletes ? 'deleted' : value, priority, ...specVector(context)].join(
    ' | ',
  )

/** The code leaves a write's own dot out of its context. */
function realUpdate({ parameter, origin, sequence, value, priority, context }: Update): string {
  const vector = [...entriesOf(context), dotText(origin, sequence)].sort()
  return [parameter, dotText(origin, sequence), value === undefined ? 'deleted' : value, priority, ...vector].join(
    ' | ',
  )
}

function entriesOf(context: CausalContext): string[] {
  const entries: string[] = []
  for (let i = 0; i < context.length; i += 2) entries.push(dotText(context[i] as Origin, context[i + 1] as number))
  return entries
}

export const pictureOfSpec = ({ live, seen, collected }: SpecReplica): Picture => ({
  live: live.map(specUpdate).sort(),
  seen: seen.map(specDotText).sort(),
  collected: specVector(collected),
})

export function pictureOf(replica: Replica): Picture {
  const seen: string[] = []
  for (const { origin, contiguous, ranges } of replica.seen.coverage(Number.POSITIVE_INFINITY))
    for (const [from, to] of [[1, contiguous] as const, ...ranges])
      for (let sequence = from; sequence <= to; sequence++) seen.push(dotText(origin, sequence))
  return {
    live: [...replica.live()].map(realUpdate).sort(),
    seen: seen.sort(),
    collected: [...replica.collected].map(([origin, sequence]) => dotText(origin, sequence)).sort(),
  }
}

export const pictureOfSpecAnswer = ({ updates, last, cursor, full, dots }: SpecAnswer) => ({
  updates: updates.map(specUpdate).sort(),
  last,
  cursor: cursor[0] === 0 ? undefined : specDotText(cursor),
  full,
  dots: dots.map(specDotText).sort(),
})

export const pictureOfAnswer = ({ updates, last, cursor, full, dots }: PullAnswer) => ({
  updates: updates.map(realUpdate).sort(),
  last,
  cursor: cursor && dotText(...cursor),
  full,
  dots: (dots ?? [])
    .flatMap(({ origin, ranges }) =>
      ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => dotText(origin, from + i))),
    )
    .sort(),
})
