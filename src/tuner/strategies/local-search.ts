import { isJsonObject, type JsonObject, type JsonValue } from '#core/json'
import { short } from '../guard.ts'
import { AIM, meetsAll, scoreOf } from '../score.ts'
import type { Proposal, TrialOutcome, Tunable, TuningContext, TuningStrategy } from '../strategy.ts'
import { STEP_PARTS, withinStep } from '../values.ts'
import type { Measured } from '../window.ts'
import { numberFrom, numbersFrom } from './memory.ts'
import { type Rest, restAt, restFrom, watch } from './rest.ts'
import { afterMove, distance, expected, type Slopes, slopeAfter, slopesFrom, slopesToJson } from './slopes.ts'

/** A move is worth its windows when it could bring this much … */
const GAIN_EXPECTED_MIN = 0.015
/** … and stays when it brought this much. Less is noise. */
const GAIN_MIN = 0.01
/** A direction has failed when it cost this much. Between the two nobody knows, and it may be tried so many times. */
const LOSS_MIN = 0.025
const TRIES_MAX = 3
/**
 * A place of rest that missed a goal from the beginning is no end: what was tried may have failed because the load changed
 * meanwhile. It is left after so many windows, with nothing known, and after twice as many each time that this did not help, up to
 * so many times.
 */
const PATIENCE_WINDOWS = 4
const LEFT_MAX = 5
const MET_SHARE_MIN = 0.25
/**
 * Back from a value that brought nothing, to one that met the goals: where the score is under this share of what it was, the
 * window still has something of that value, and nothing follows from it.
 */
const RETURNED_SHARE = 0.85

interface Memory {
  readonly slopes: Slopes
  /** `name+` and `name-` → how far the shortest step went that failed in that direction since something helped last */
  readonly failed: Readonly<Record<string, number>>
  /** how often a direction brought nothing and cost nothing since then */
  readonly doubted: Readonly<Record<string, number>>
  /** a move that brought nothing, to be undone */
  readonly undo: { readonly name: string; readonly value: number } | undefined
  /** where it rests; undefined while it searches */
  readonly rest: Rest | undefined
  /** windows at it, where it misses a goal */
  readonly rested: number
  /** how often a place of rest that missed a goal was left */
  readonly left: number
  /** the last move is taken back or undone: the score before it, if the goals were met */
  readonly returned: number | undefined
}

const FRESH: Memory = {
  slopes: {},
  failed: {},
  doubted: {},
  undo: undefined,
  rest: undefined,
  rested: 0,
  left: 0,
  returned: undefined,
}

/** A move that could be made, and by how much the logarithm of the score should rise by it. */
interface Candidate {
  readonly tunable: Tunable
  readonly value: number
  readonly gain: number
}

/**
 * One parameter, one direction at a time, as R. Hooke and T. A. Jeeves explore (1961): what makes the score better is kept,
 * everything else is undone. Every move tells how throughput, p95 and success rate change with its parameter, and the next one
 * is the one that should bring most by that (the path of steepest ascent, G. E. P. Box and K. B. Wilson, 1951), no longer than
 * the goals allow. It rests when nothing should bring anything any more, and begins anew when load or capacity change.
 * For several parameters that depend on each other.
 */
export const localSearchStrategy: TuningStrategy = {
  name: 'search',
  pauseWindows: 0,

  propose(context, remembered) {
    const memory = memoryOf(remembered)
    if (memory.undo !== undefined) return undo(memory, memory.undo)
    if (memory.rest === undefined) return searchOn(context, memory)
    const { rest, over, measured } = watch(memory.rest, context.objective, context.measured)
    if (over === undefined) return resting({ ...context, measured }, { ...memory, rest }, rest)
    // Slopes of another load mislead; a goal that is just missed is the same load.
    const now = { ...context, measured }
    if (over === 'load or capacity changed') return { ...search(now, FRESH), changed: true }
    return search(now, { ...memory, rest: undefined, failed: {}, doubted: {}, left: 0 })
  },

  learn({ name, oldValue, newValue, kept, before, after }: TrialOutcome, remembered, objective) {
    const memory = memoryOf(remembered)
    const far = Math.log(newValue / oldValue)
    const slope = Number.isFinite(far) ? slopeAfter(memory.slopes[name], far, before, after) : undefined
    const slopes = slope === undefined ? memory.slopes : { ...memory.slopes, [name]: slope }
    const gain = gainOf(scoreOf(objective, before), scoreOf(objective, after))
    if (kept && gain > GAIN_MIN) return toJson({ ...memory, slopes: afterMove(slopes, name), failed: {}, doubted: {} })
    const direction = directionOf(name, newValue - oldValue)
    const tries = (memory.doubted[direction] ?? 0) + 1
    const hasFailed = !kept || gain < -LOSS_MIN || tries >= TRIES_MAX
    const failed = hasFailed ? { ...memory.failed, [direction]: Math.abs(newValue - oldValue) } : memory.failed
    const doubted = { ...memory.doubted, [direction]: tries }
    return toJson({
      ...memory,
      slopes,
      failed,
      doubted,
      undo: kept ? { name, value: oldValue } : undefined,
      returned: meetsAll(objective, before) ? scoreOf(objective, before) : undefined,
    })
  },
}

const gainOf = (before: number, after: number): number =>
  Math.log(Math.max(after, Number.MIN_VALUE) / Math.max(before, Number.MIN_VALUE))

const directionOf = (name: string, change: number): string => `${name}${change > 0 ? '+' : '-'}`

function undo(memory: Memory, { name, value }: { readonly name: string; readonly value: number }) {
  const proposal: Proposal = { type: 'move', name, value, reason: 'it brought nothing', kind: 'undo' }
  return { proposal, memory: toJson({ ...memory, undo: undefined }) }
}

function resting(context: TuningContext, memory: Memory, { metWindows, windows }: Rest) {
  const { left } = memory
  const isGood = metWindows > MET_SHARE_MIN * windows || left === LEFT_MAX
  const rested = isGood ? 0 : memory.rested + 1
  if (isGood || rested < PATIENCE_WINDOWS * 2 ** left) return stay({ ...memory, rested }, 'nothing should be better')
  return search(context, { ...FRESH, left: left + 1 })
}

function searchOn(context: TuningContext, { returned, ...memory }: Memory) {
  const next = { ...memory, returned: undefined }
  const leftOver = returned !== undefined && scoreOf(context.objective, context.measured) < RETURNED_SHARE * returned
  return leftOver ? stay(next, 'back where it was: the next window counts') : search(context, next)
}

function search(context: TuningContext, memory: Memory) {
  const { objective, measured } = context
  const best = bestOf(context, memory)
  if (best === undefined || best.gain < GAIN_EXPECTED_MIN)
    return stay(
      { ...memory, failed: {}, doubted: {}, rest: restAt(objective, measured), rested: 0 },
      'nothing should be better: it rests',
    )
  const { tunable, value, gain } = best
  const hope = Number.isFinite(gain) ? `${short(100 * (Math.exp(gain) - 1))} % better by what is known` : 'to be tried'
  const reason = `score ${short(scoreOf(objective, measured))}: ${hope}`
  const proposal: Proposal = { type: 'move', name: tunable.name, value, reason, kind: 'probe' }
  return { proposal, memory: toJson(memory) }
}

/** What was never tried comes first, then what should bring most. */
function bestOf(context: TuningContext, memory: Memory): Candidate | undefined {
  let best: Candidate | undefined
  for (const tunable of context.tunables)
    for (const candidate of candidatesOf(tunable, context, memory))
      if (best === undefined || candidate.gain > best.gain) best = candidate
  return best
}

/**
 * Steps in both directions that are not held, at their end, taken back lately, or failed already. Where nothing is known, those in
 * one, the longest first.
 */
function candidatesOf(tunable: Tunable, context: TuningContext, { slopes, failed }: Memory): Candidate[] {
  const { objective, measured, stepRatioMax, isBlocked } = context
  if (tunable.held !== undefined) return []
  const slope = slopes[tunable.name]
  const candidates: Candidate[] = []
  for (const sign of slope === undefined ? [firstSign(tunable, context)] : [1, -1]) {
    for (const share of STEP_PARTS) {
      const value = stepped(tunable, sign, stepRatioMax * share)
      const failedAt = failed[directionOf(tunable.name, sign)] ?? Number.POSITIVE_INFINITY
      if (value === tunable.value || Math.abs(value - tunable.value) >= failedAt) continue
      if (isBlocked(tunable.name, value)) continue
      const then = slope && expected(measured, slope, distance(tunable, tunable.value, value))
      const gain = then === undefined ? Number.POSITIVE_INFINITY : expectedGain(objective, measured, then)
      candidates.push({ tunable, value, gain })
    }
  }
  return candidates
}

const expectedGain = (objective: TuningContext['objective'], now: Measured, then: Measured): number =>
  gainOf(scoreOf(objective, now), scoreOf(objective, then))

/** Of a parameter of which nothing is known: what was declared for a missed goal, or its opposite; away from a bound in any case. */
function firstSign(tunable: Tunable, { objective, measured }: TuningContext): 1 | -1 {
  const missed = objective.goals.some(
    (goal) =>
      ('p95AtMost' in goal && (measured.p95 ?? 0) > AIM * goal.p95AtMost) ||
      ('rateAtLeast' in goal && (measured.successRate ?? 1) < goal.rateAtLeast),
  )
  const sign = missed === (tunable.whenMissed === 'raise') ? 1 : -1
  const { value, min, max, step } = tunable
  return sign > 0 ? (value + step > max ? -1 : 1) : value - step < min ? 1 : -1
}

/** Up by the ratio and down by its inverse, so that steps up and down come to the same values. */
function stepped(tunable: Tunable, sign: number, ratio: number): number {
  const { value, step } = tunable
  const wanted = sign > 0 ? Math.max(value + step, value * (1 + ratio)) : Math.min(value - step, value / (1 + ratio))
  return withinStep(tunable, wanted, ratio)
}

const stay = (memory: Memory, reason: string) => ({
  proposal: { type: 'stay', reason } satisfies Proposal,
  memory: toJson(memory),
})

const toJson = ({ slopes, failed, doubted, undo, rest, rested, left, returned }: Memory): JsonObject => ({
  slopes: slopesToJson(slopes),
  failed: { ...failed },
  doubted: { ...doubted },
  undo: undo === undefined ? null : { ...undo },
  rest: rest === undefined ? null : { ...rest },
  rested,
  left,
  returned: returned ?? null,
})

function memoryOf(json: JsonValue | undefined): Memory {
  if (json === undefined || !isJsonObject(json)) return FRESH
  const { slopes, failed, doubted, undo, rest, rested, left, returned } = json
  return {
    slopes: slopesFrom(slopes),
    failed: numbersFrom(failed),
    doubted: numbersFrom(doubted),
    undo: undoOf(undo),
    rest: restFrom(rest),
    rested: numberFrom(rested) ?? 0,
    left: numberFrom(left) ?? 0,
    returned: numberFrom(returned),
  }
}

function undoOf(json: JsonValue | undefined): Memory['undo'] {
  if (json === undefined || !isJsonObject(json)) return undefined
  const { name, value } = json
  return typeof name === 'string' && typeof value === 'number' ? { name, value } : undefined
}
