import { isJsonObject, type JsonObject, type JsonValue } from '#core/json'
import { short } from '../guard.ts'
import type { Proposal, TrialOutcome, Tunable, TuningContext, TuningStrategy } from '../strategy.ts'
import { onGrid, STEP_PARTS, withinStep } from '../values.ts'
import type { Measured } from '../window.ts'
import { numberFrom, recordFrom } from './memory.ts'
import { type Rest, restAt, restFrom, watch } from './rest.ts'

/** A gradient never asks for less than half of a limit at once (Gradient2). */
const GRADIENT_MIN = 0.5
/** It grows while less than this share of the goal is used … */
const GROW_BELOW = 0.8
/** … and a move aims at this one. What is left is for noise. */
const AIM = 0.9
/**
 * After the limit has grown by this factor, throughput must have grown by at least this share of it, or the limit is not what
 * holds the work up. Over so much growth the difference stands out of the noise.
 */
const GROWTH_JUDGED = 1.4
const YIELD_MIN = 0.15
/** Where it ends before that, throughput has fallen when it fell by this share of the growth. */
const COST_MIN = 0.1

interface Memory {
  /** where growing began that is not judged yet, and what was measured there */
  readonly base: Point | undefined
  /** growing brought nothing from here on: back to it */
  readonly back: number | undefined
  /** the last move down raised the throughput: so there was too much of it, whatever the goal says */
  readonly falling: boolean
  /** a goal was missed here last: it does not grow so far again until load or capacity change */
  readonly missed: number | undefined
  /** where it rests; undefined while it moves */
  readonly rest: Rest | undefined
}

type Point = Readonly<Record<'value' | 'throughput', number>>

const FRESH: Memory = { base: undefined, back: undefined, falling: false, missed: undefined, rest: undefined }

/**
 * A limit that follows the ratio of the latency that is wanted to the one that is measured, with room to grow of its square
 * root: Gradient2 of Netflix's concurrency-limits (E. Weinstein et al., "Performance Under Load", 2018), with the goal in place
 * of the long-term latency. It rests where the goal is used, or where growing brings nothing, until load or capacity change.
 * For one parameter, such as a concurrency, that costs latency as it grows.
 */
export const gradientStrategy: TuningStrategy = {
  name: 'gradient',
  pauseWindows: 0,

  propose(context, remembered) {
    const memory = memoryOf(remembered)
    const tunable = context.tunables[0]!
    if (tunable.held !== undefined) return stay(memory, `${tunable.name} is left alone: ${tunable.held}`)
    if (memory.rest === undefined) return moving(memory, tunable, context)
    const { rest, over, measured } = watch(memory.rest, context.objective, context.measured)
    if (over === undefined) return stay({ ...memory, rest }, 'as it was')
    const now = { ...context, measured }
    if (over === 'load or capacity changed') return { ...moving(FRESH, tunable, now), changed: true }
    return { proposal: shrink(tunable, now, usedShare(now)), memory: toJson({ ...FRESH, missed: tunable.value }) }
  },

  learn({ oldValue, newValue, kept, before, after }: TrialOutcome, remembered, objective) {
    const memory = memoryOf(remembered)
    const { base, back, missed } = memory
    if (!kept) return toJson({ ...FRESH, missed, rest: restAt(objective, before) })
    if (base === undefined) {
      const gained = (after.throughput ?? 0) / (before.throughput ?? 0) - 1
      const falling = back === undefined && gained > YIELD_MIN * Math.abs(1 - newValue / oldValue)
      return toJson({ ...memory, falling })
    }
    if (growth(base, newValue) < GROWTH_JUDGED) return toJson(memory)
    if (yielded(base, newValue, after) < YIELD_MIN) return toJson({ ...FRESH, missed, back: base.value })
    return toJson({ ...FRESH, missed, base: { value: newValue, throughput: after.throughput ?? 0 } })
  },
}

const growth = (base: Point, value: number): number => Math.max(value / base.value, base.value / value)

/** How much more throughput there is, as a share of how much more of the limit. */
const yielded = (base: Point, value: number, { throughput }: Measured): number =>
  ((throughput ?? 0) / base.throughput - 1) / (growth(base, value) - 1)

/** Growing ends here. It did not get far enough to say that it brought nothing, but may have cost something. */
function backFrom({ base, back }: Memory, { value }: Tunable, measured: Measured, used: number): number | undefined {
  const hasCost =
    used > GROW_BELOW && base !== undefined && base.value !== value && yielded(base, value, measured) < -COST_MIN
  return hasCost ? base.value : back
}

function moving(memory: Memory, tunable: Tunable, context: TuningContext) {
  const { objective, measured } = context
  const used = usedShare(context)
  if (used > 1) return { proposal: shrink(tunable, context, used), memory: toJson({ ...FRESH, missed: tunable.value }) }
  const { missed } = memory
  const back = backFrom(memory, tunable, measured, used)
  const resting: Memory = { ...FRESH, missed, rest: restAt(objective, measured) }
  const returning =
    back !== undefined && back !== tunable.value
      ? towards(tunable, context, back, 'growing brought nothing')
      : memory.falling && moved(tunable, context, GRADIENT_MIN, 'throughput rose as it fell')
  if (returning && returning.type === 'move') return { proposal: returning, memory: toJson({ ...FRESH, missed, back }) }
  if (back !== undefined || memory.falling) return stay(resting, `more of ${tunable.name} brings nothing: it rests`)
  if (used > GROW_BELOW) return stay(resting, `${short(used)} of the goal is used, as it should be: it rests`)
  const proposal = grow(tunable, context, used, missed)
  if (proposal.type === 'stay') return stay(resting, proposal.reason)
  const base = memory.base ?? { value: tunable.value, throughput: measured.throughput ?? 0 }
  return { proposal, memory: toJson({ ...FRESH, missed, base }) }
}

const stay = (memory: Memory, reason: string) => ({
  proposal: { type: 'stay', reason } satisfies Proposal,
  memory: toJson(memory),
})

/** How much of the worst goal is used up: 1 is all of it. Failures within those allowed use nothing. */
function usedShare({ objective, measured }: TuningContext): number {
  let worst = 0
  for (const goal of objective.goals) {
    if ('p95AtMost' in goal) worst = Math.max(worst, (measured.p95 ?? 0) / goal.p95AtMost)
    // Every failure beyond those allowed is one too many to have been let in.
    else if ('rateAtLeast' in goal && (measured.successRate ?? 1) < goal.rateAtLeast)
      worst = Math.max(worst, 1 + goal.rateAtLeast - (measured.successRate ?? 1))
  }
  return worst
}

/** 1: more of it costs latency; -1: less of it does. */
const direction = ({ whenMissed }: Tunable): 1 | -1 => (whenMissed === 'raise' ? -1 : 1)

function shrink(tunable: Tunable, context: TuningContext, used: number): Proposal {
  const gradient = Math.max(GRADIENT_MIN, AIM / Math.max(1, used))
  return moved(tunable, context, gradient, `${short(used)} of the goal is used`)
}

function grow(tunable: Tunable, context: TuningContext, used: number, missed: number | undefined): Proposal {
  const room = 1 + 1 / Math.sqrt(Math.max(1, tunable.value))
  const proposal = moved(tunable, context, Math.min(room, AIM / used), `only ${short(used)} of the goal is used`)
  const goesTooFar =
    missed !== undefined && proposal.type === 'move' && direction(tunable) * (proposal.value - missed) >= 0
  return goesTooFar ? { type: 'stay', reason: `a goal was missed at ${missed}: it rests` } : proposal
}

function moved(tunable: Tunable, context: TuningContext, by: number, reason: string): Proposal {
  const { value, step } = tunable
  const factor = direction(tunable) > 0 ? by : 1 / by
  const wanted = factor > 1 ? Math.max(value + step, value * factor) : Math.min(value - step, value * factor)
  return towards(tunable, context, wanted, reason)
}

function towards(
  tunable: Tunable,
  { stepRatioMax, isBlocked }: TuningContext,
  wanted: number,
  reason: string,
): Proposal {
  const { name, value } = tunable
  const whole = withinStep(tunable, wanted, stepRatioMax)
  if (whole === value) return { type: 'stay', reason: `${name} is at its end: ${reason}` }
  const targets = STEP_PARTS.map((share) => onGrid(tunable, value + share * (whole - value)))
  const target = targets.find((one) => one !== value && !isBlocked(name, one))
  if (target === undefined) return { type: 'stay', reason: `${name} = ${whole} was taken back lately` }
  return { type: 'move', name, value: target, reason }
}

const toJson = ({ base, back, falling, missed, rest }: Memory): JsonObject => ({
  base: base === undefined ? null : { ...base },
  back: back ?? null,
  falling,
  missed: missed ?? null,
  rest: rest === undefined ? null : { ...rest },
})

function memoryOf(json: JsonValue | undefined): Memory {
  if (json === undefined || !isJsonObject(json)) return FRESH
  const { base, back, falling, missed, rest } = json
  return {
    base: recordFrom(base, ['value', 'throughput']),
    back: numberFrom(back),
    falling: falling === true,
    missed: numberFrom(missed),
    rest: restFrom(rest),
  }
}
