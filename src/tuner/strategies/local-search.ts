import { isJsonObject, type JsonObject, type JsonValue } from '#core/json'
import { short } from '../guard.ts'
import { scoreOf } from '../score.ts'
import type { Proposal, TrialOutcome, Tunable, TuningContext, TuningStrategy } from '../strategy.ts'
import { withinStep } from '../values.ts'
import { numberFrom, numbersFrom } from './memory.ts'

/** Better by less than this is noise. */
const NOISE = 0.01
/** A step is halved after every direction failed; after so many halvings the search rests. */
const HALVINGS_MAX = 2
/** At rest, a score that differs by so much means that load or capacity is another one: the search begins anew. */
const SHIFT = 0.15
/** So many windows in a row, because one is weather. */
const CONFIRMED_WINDOWS = 2

interface Memory {
  /** 0: the largest step */
  readonly halvings: number
  /** directions that failed in this round, as `name+` and `name-` */
  readonly failed: readonly string[]
  /** what a step in a direction brought last, as a share of the score */
  readonly gains: Readonly<Record<string, number>>
  /** something helped in this round: the next one begins with the same step */
  readonly helped: boolean
  /** a move that brought nothing, to be undone */
  readonly undo: { readonly name: string; readonly value: number } | undefined
  /** of the place where it rests; undefined while it searches */
  readonly restScore: number | undefined
  readonly shiftedWindows: number
}

const FRESH: Memory = {
  halvings: 0,
  failed: [],
  gains: {},
  helped: false,
  undo: undefined,
  restScore: undefined,
  shiftedWindows: 0,
}

/**
 * Compass search (R. Hooke and T. A. Jeeves, 1961): one parameter, one direction at a time. What makes the score better is kept,
 * everything else is undone; the direction that brought most is gone on with; when none helps any more the step is halved.
 * For several parameters that depend on each other, of which nobody knows which way is better.
 */
export const localSearchStrategy: TuningStrategy = {
  name: 'search',
  pauseWindows: 0,

  propose(context, remembered) {
    const memory = memoryOf(remembered)
    if (memory.undo !== undefined) return undo(memory, memory.undo)
    return memory.restScore === undefined ? search(context, memory) : rest(context, memory, memory.restScore)
  },

  learn({ name, oldValue, newValue, kept, before, after }: TrialOutcome, remembered, objective) {
    const memory = memoryOf(remembered)
    const direction = directionName(name, newValue - oldValue)
    const gain = scoreOf(objective, after) / scoreOf(objective, before) - 1
    if (kept && gain > NOISE) {
      const failed = [...memory.failed.filter((one) => one !== direction), opposite(direction)]
      return toJson({ ...memory, failed, helped: true, gains: { ...memory.gains, [direction]: gain } })
    }
    const undo = kept ? { name, value: oldValue } : undefined
    return toJson({ ...memory, failed: [...memory.failed, direction], undo })
  },
}

function undo(memory: Memory, { name, value }: { readonly name: string; readonly value: number }) {
  const proposal: Proposal = { type: 'move', name, value, reason: 'it brought nothing', known: true }
  return { proposal, memory: toJson({ ...memory, undo: undefined }) }
}

function rest({ objective, measured }: TuningContext, memory: Memory, restScore: number) {
  const score = scoreOf(objective, measured)
  const shifted = Math.abs(score - restScore) > SHIFT * restScore
  const shiftedWindows = shifted ? memory.shiftedWindows + 1 : 0
  if (shiftedWindows >= CONFIRMED_WINDOWS)
    return stay(FRESH, `the score went from ${short(restScore)} to ${short(score)}: the search begins anew`)
  return stay({ ...memory, shiftedWindows }, shifted ? 'the score changed: to be confirmed' : 'no direction is better')
}

/** The next direction that has not failed; when all have, another round or smaller steps; then rest. */
function search(context: TuningContext, memory: Memory) {
  const { objective, measured } = context
  for (let round: Memory | undefined = memory; round !== undefined; round = nextRound(round)) {
    const target = firstTarget(context, round)
    if (target === undefined) continue
    const { name, value, from } = target
    const reason = `score ${short(scoreOf(objective, measured))}: is there a better one ${value > from ? 'above' : 'below'}?`
    const proposal: Proposal = { type: 'move', name, value, reason }
    return { proposal, memory: toJson(round) }
  }
  const restScore = scoreOf(objective, measured)
  return stay({ ...FRESH, restScore }, `no direction is better than ${short(restScore)}`)
}

/** Directions that were not tried yet come first, then those that brought most. */
function firstTarget(context: TuningContext, { failed, gains, halvings }: Memory) {
  const gainOf = (direction: string) => gains[direction] ?? Number.POSITIVE_INFINITY
  const directions = context.tunables.flatMap(({ name }) => [`${name}+`, `${name}-`])
  const open = directions.filter((one) => !failed.includes(one)).sort((a, b) => gainOf(b) - gainOf(a) || 0)
  for (const direction of open) {
    const target = targetOf(context, direction, halvings)
    if (target !== undefined) return target
  }
  return undefined
}

function nextRound(memory: Memory): Memory | undefined {
  const { halvings, helped } = memory
  if (helped) return { ...memory, failed: [], gains: {}, helped: false }
  return halvings < HALVINGS_MAX ? { ...memory, failed: [], gains: {}, halvings: halvings + 1 } : undefined
}

/** Where a direction leads; undefined when it is held, at its end, or was taken back lately. */
function targetOf({ tunables, stepRatioMax, isBlocked }: TuningContext, direction: string, halvings: number) {
  const name = direction.slice(0, -1)
  const tunable = tunables.find((one) => one.name === name)
  if (tunable === undefined || tunable.held !== undefined) return undefined
  const value = stepped(tunable, direction.endsWith('+') ? 1 : -1, stepRatioMax / 2 ** halvings)
  return value === tunable.value || isBlocked(name, value) ? undefined : { name, value, from: tunable.value }
}

/** Up by the ratio and down by its inverse, so that a step back leads back. */
function stepped(tunable: Tunable, sign: number, ratio: number): number {
  const { value, step } = tunable
  const wanted = sign > 0 ? Math.max(value + step, value * (1 + ratio)) : Math.min(value - step, value / (1 + ratio))
  return withinStep(tunable, wanted, ratio)
}

const directionName = (name: string, change: number): string => `${name}${change > 0 ? '+' : '-'}`
const opposite = (direction: string): string => direction.slice(0, -1) + (direction.endsWith('+') ? '-' : '+')

const stay = (memory: Memory, reason: string) => ({
  proposal: { type: 'stay', reason } satisfies Proposal,
  memory: toJson(memory),
})

const toJson = ({ halvings, failed, gains, helped, undo, restScore, shiftedWindows }: Memory): JsonObject => ({
  halvings,
  failed,
  gains: { ...gains },
  helped,
  undo: undo === undefined ? null : { name: undo.name, value: undo.value },
  restScore: restScore ?? null,
  shiftedWindows,
})

function memoryOf(json: JsonValue | undefined): Memory {
  if (json === undefined || !isJsonObject(json)) return FRESH
  const { halvings, failed, gains, helped, undo, restScore, shiftedWindows } = json
  return {
    halvings: numberFrom(halvings) ?? 0,
    failed: Array.isArray(failed) ? failed.filter((one): one is string => typeof one === 'string') : [],
    gains: numbersFrom(gains),
    helped: helped === true,
    undo: undoOf(undo),
    restScore: numberFrom(restScore),
    shiftedWindows: numberFrom(shiftedWindows) ?? 0,
  }
}

function undoOf(json: JsonValue | undefined): Memory['undo'] {
  if (json === undefined || !isJsonObject(json)) return undefined
  const { name, value } = json
  return typeof name === 'string' && typeof value === 'number' ? { name, value } : undefined
}
