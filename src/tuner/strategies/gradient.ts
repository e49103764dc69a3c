import { isJsonObject, type JsonObject, type JsonValue } from '#core/json'
import { short } from '../guard.ts'
import type { Proposal, TrialOutcome, Tunable, TuningContext, TuningStrategy } from '../strategy.ts'
import { withinStep } from '../values.ts'
import type { Measured } from '../window.ts'

/** A gradient never asks for less than half of a limit at once (Gradient2). */
const GRADIENT_MIN = 0.5
/** Between these shares of the goal a limit stays: what is left is noise. */
const ROOM_BELOW = 0.85
const OVER = 1.05
/**
 * After the limit has grown by this factor, throughput must have grown by at least this share of it, or the limit is not what
 * holds the work up. Over so much growth the difference stands out of the noise.
 */
const GROWTH_JUDGED = 1.4
const YIELD_MIN = 0.15
/** Load or capacity is another one when throughput or p95 moved so much while the limit stood. */
const SHIFT = 0.2
/** So many windows in a row, because one is weather. */
const CONFIRMED_WINDOWS = 2

interface Memory {
  /** where growing began that is not judged yet, and what was measured there */
  readonly base: Point | undefined
  /** where it rests because growing brought nothing; undefined while it may grow */
  readonly rest: Point | undefined
  /** windows in a row in which it would have moved */
  readonly windows: number
}

interface Point {
  readonly value: number
  readonly throughput: number
  readonly p95: number
}

/**
 * A limit that follows the ratio of the latency that is wanted to the one that is measured, with room to grow of its square
 * root: Gradient2 of Netflix's concurrency-limits (E. Weinstein et al., "Performance Under Load", 2018), with the goal in place
 * of the long-term latency, and at rest while a window differs from the goal, or from where it came to rest, by noise only.
 * For one parameter, such as a concurrency, that costs latency as it grows.
 */
export const gradientStrategy: TuningStrategy = {
  name: 'gradient',
  pauseWindows: 0,

  propose(context, remembered) {
    const tunable = context.tunables[0]!
    const memory = memoryOf(remembered)
    const used = pressure(context)
    if (tunable.held !== undefined) return stay(memory, `${tunable.name} is left alone: ${tunable.held}`)
    if (used > OVER)
      return confirmed(memory, `${short(used)} of the goal is used`, () => shrink(tunable, context, used))
    if (used > ROOM_BELOW) return stay({ ...memory, windows: 0 }, `${short(used)} of the goal is used, as it should be`)
    if (memory.rest === undefined) return growing(memory, tunable, context, used)
    if (!shifted(memory.rest, context))
      return stay({ ...memory, windows: 0 }, `a larger ${tunable.name} brought nothing`)
    return confirmed(memory, 'load or capacity changed', () => grow(tunable, context, used))
  },

  learn({ newValue, oldValue, kept, after }: TrialOutcome, remembered) {
    const memory = memoryOf(remembered)
    const point = pointOf(newValue, after)
    if (!kept) return toJson({ ...memory, base: undefined, rest: pointOf(oldValue, after) })
    if (memory.base === undefined || newValue < oldValue) return toJson({ ...memory, base: undefined })
    const grew = newValue / memory.base.value
    if (grew < GROWTH_JUDGED) return toJson(memory)
    const gained = point.throughput / memory.base.throughput - 1
    if (gained >= YIELD_MIN * (grew - 1)) return toJson({ ...memory, base: point })
    return toJson({ ...memory, base: undefined, rest: point })
  },
}

const FRESH: Memory = { base: undefined, rest: undefined, windows: 0 }

const pointOf = (value: number, { throughput, p95 }: Measured): Point => ({
  value,
  throughput: throughput ?? 0,
  p95: p95 ?? 0,
})

const stay = (memory: Memory, reason: string) => ({
  proposal: { type: 'stay', reason } satisfies Proposal,
  memory: toJson(memory),
})

function growing(memory: Memory, tunable: Tunable, context: TuningContext, used: number) {
  const base = memory.base ?? pointOf(tunable.value, context.measured)
  return { proposal: grow(tunable, context, used), memory: toJson({ ...FRESH, base }) }
}

/** Acts when the same was so in the last window too. */
function confirmed(memory: Memory, what: string, move: () => Proposal) {
  const windows = memory.windows + 1
  if (windows < CONFIRMED_WINDOWS) return stay({ ...memory, windows }, `${what}: to be confirmed`)
  return { proposal: move(), memory: toJson(FRESH) }
}

/** How much of the worst goal is used up: 1 is all of it. */
function pressure({ objective, measured }: TuningContext): number {
  let worst = 0
  for (const goal of objective.goals) {
    if ('p95AtMost' in goal) worst = Math.max(worst, (measured.p95 ?? 0) / goal.p95AtMost)
    else if ('rateAtLeast' in goal && (measured.successRate ?? 1) < goal.rateAtLeast)
      // Every failure beyond those allowed is one too many to have been let in.
      worst = Math.max(worst, 1 + goal.rateAtLeast - (measured.successRate ?? 1) + (OVER - 1))
  }
  return worst
}

function shifted(rest: Point, { measured }: TuningContext): boolean {
  const moved = (now: number | undefined, then: number) => now !== undefined && Math.abs(now - then) > SHIFT * then
  return moved(measured.throughput, rest.throughput) || moved(measured.p95, rest.p95)
}

const direction = ({ whenMissed }: Tunable): 1 | -1 => (whenMissed === 'raise' ? -1 : 1)

function shrink(tunable: Tunable, context: TuningContext, used: number): Proposal {
  const gradient = Math.max(GRADIENT_MIN, 1 / used)
  return move(tunable, context, direction(tunable) > 0 ? gradient : 1 / gradient, `${short(used)} of the goal is used`)
}

function grow(tunable: Tunable, context: TuningContext, used: number): Proposal {
  const room = 1 + 1 / Math.sqrt(Math.max(1, tunable.value))
  return move(tunable, context, direction(tunable) > 0 ? room : 1 / room, `only ${short(used)} of the goal is used`)
}

function move(tunable: Tunable, { stepRatioMax, isBlocked }: TuningContext, factor: number, reason: string): Proposal {
  const { name, value, step } = tunable
  const wanted = factor > 1 ? Math.max(value + step, value * factor) : Math.min(value - step, value * factor)
  const target = withinStep(tunable, wanted, stepRatioMax)
  if (isBlocked(name, target)) return { type: 'stay', reason: `${name} = ${target} was taken back lately` }
  return { type: 'move', name, value: target, reason }
}

const toJson = ({ base, rest, windows }: Memory): JsonObject => ({
  base: base === undefined ? null : { ...base },
  rest: rest === undefined ? null : { ...rest },
  windows,
})

function memoryOf(json: JsonValue | undefined): Memory {
  if (json === undefined || !isJsonObject(json)) return FRESH
  const { base, rest, windows } = json
  return { base: pointFrom(base), rest: pointFrom(rest), windows: typeof windows === 'number' ? windows : 0 }
}

function pointFrom(json: JsonValue | undefined): Point | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined
  const { value, throughput, p95 } = json
  return typeof value === 'number' && typeof throughput === 'number' && typeof p95 === 'number'
    ? { value, throughput, p95 }
    : undefined
}
