import { isJsonObject, type JsonObject, type JsonValue } from '#core/json'
import type { Tunable } from '../strategy.ts'
import type { Measured } from '../window.ts'
import { recordFrom } from './memory.ts'

/** What one parameter does, near the values that it has: the change by the logarithm of its value. */
export interface Slope {
  /** of the logarithm of the throughput */
  readonly throughput: number
  /** of the logarithm of the p95 */
  readonly p95: number
  /** of the success rate itself */
  readonly successRate: number
  /** how much was seen of it: full steps, at most those that are remembered */
  readonly seen: number
}

const KEYS = ['throughput', 'p95', 'successRate', 'seen'] as const satisfies (keyof Slope)[]

export type Slopes = Readonly<Record<string, Slope>>

/** A step this large counts as one that was seen; a smaller one tells less, because noise is a larger part of it. */
const FULL_STEP = 0.18
/** What was seen at other values counts for less and less. */
const SEEN_MAX = 4
const SEEN_AFTER_MOVE_MAX = 2.5
const SEEN_AFTER_OTHERS_MOVE = 0.75
/** What one full step tells of a slope is right to about this, as a share of what is measured. */
const DOUBT = 0.025

export const distance = ({ step }: Pick<Tunable, 'step'>, from: number, to: number): number =>
  Math.log(Math.max(step, to) / Math.max(step, from))

/** What is known after a move by `far`, given what was known before. */
export function slopeAfter(
  known: Slope | undefined,
  far: number,
  before: Measured,
  after: Measured,
): Slope | undefined {
  if (far === 0) return known
  const weight = Math.min(1, Math.abs(far) / FULL_STEP)
  const seen = (known?.seen ?? 0) + weight
  const mixed = (before: number, now: number) => before + ((now - before) * weight) / seen
  return {
    throughput: mixed(known?.throughput ?? 0, logRatio(after.throughput, before.throughput) / far),
    p95: mixed(known?.p95 ?? 0, logRatio(after.p95, before.p95) / far),
    successRate: mixed(known?.successRate ?? 0, ((after.successRate ?? 1) - (before.successRate ?? 1)) / far),
    seen: Math.min(SEEN_MAX, seen),
  }
}

/** A parameter was moved for good, and all are where they were not before. */
export const afterMove = (slopes: Slopes, moved: string): Slopes =>
  Object.fromEntries(
    Object.entries(slopes).map(([name, slope]) => {
      const seen = name === moved ? Math.min(SEEN_AFTER_MOVE_MAX, slope.seen) : slope.seen * SEEN_AFTER_OTHERS_MOVE
      return [name, { ...slope, seen }]
    }),
  )

/** What a move by `far` could measure, at best: what was seen little may be better than it looked. */
export function expected({ throughput, p95, successRate }: Measured, slope: Slope, far: number): Measured {
  const doubt = ((DOUBT / FULL_STEP) * Math.abs(far)) / Math.sqrt(slope.seen)
  return {
    throughput: throughput === undefined ? undefined : throughput * Math.exp(slope.throughput * far + doubt),
    p95: p95 === undefined ? undefined : p95 * Math.exp(slope.p95 * far - doubt),
    successRate: successRate === undefined ? undefined : Math.min(1, successRate + slope.successRate * far),
  }
}

const logRatio = (after: number | undefined, before: number | undefined): number =>
  after === undefined || before === undefined || after <= 0 || before <= 0 ? 0 : Math.log(after / before)

export const slopesToJson = (slopes: Slopes): JsonObject =>
  Object.fromEntries(Object.entries(slopes).map(([name, slope]) => [name, { ...slope }]))

export function slopesFrom(json: JsonValue | undefined): Slopes {
  if (json === undefined || !isJsonObject(json)) return {}
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, one]) => {
      const slope = recordFrom(one, KEYS)
      return slope === undefined ? [] : [[name, slope]]
    }),
  )
}
