import type { JsonValue } from '#core/json'
import type { Objective } from '../objective.ts'
import { meetsAll } from '../score.ts'
import type { Measured } from '../window.ts'
import { recordFrom } from './memory.ts'

/** What a place of rest measures is the mean of its first windows, so many of them. */
const MEAN_WINDOWS = 8
/** Load or capacity is another one when throughput or p95 are off by so much … */
const THROUGHPUT_SHIFT = 0.15
const P95_SHIFT = 0.2
/** … and by so many times what they usually are … */
const NOISE_FACTOR = 4
/** … in so many windows in a row, because one is weather. */
const SHIFTED_WINDOWS = 2
/**
 * A goal that was met here is missed now: closer to noise than a shift, so it takes so many windows to be believed. One that is met
 * takes half of one back, so that a goal that is missed in every second window is not left at that.
 */
const MISSED_WINDOWS = 3
const MET_FORGIVES = 0.5
/** A p95 that uses less than this of its goal may move as it likes, where throughput is what counts. */
const FAR_BELOW = 0.6
/** A mean that uses more of a goal than this misses it in every few windows. */
const NEAR = 0.95

const KEYS = [
  'throughput',
  'throughputNoise',
  'p95',
  'p95Noise',
  'windows',
  'metWindows',
  'shiftedWindows',
  'missedWindows',
] as const

/**
 * Where a strategy came to rest, and what was measured there since; noise is the mean distance from the mean, as a share of it.
 * All numbers, because it is replicated.
 */
export type Rest = Readonly<Record<(typeof KEYS)[number], number>>

export const restAt = (objective: Objective, measured: Measured): Rest => ({
  throughput: measured.throughput ?? 0,
  throughputNoise: 0,
  p95: measured.p95 ?? 0,
  p95Noise: 0,
  windows: 1,
  metWindows: meetsAll(objective, measured) ? 1 : 0,
  shiftedWindows: 0,
  missedWindows: 0,
})

export const restFrom = (json: JsonValue | undefined): Rest | undefined => recordFrom(json, KEYS)

export interface Watch {
  readonly rest: Rest
  /** why it does not rest any longer; undefined: it does */
  readonly over: 'load or capacity changed' | 'a goal is missed' | undefined
  /** what to go on from: the mean of the windows at rest where that is what is too near */
  readonly measured: Measured
}

/** One more window at rest. What was missed from the beginning is no news: nothing better was found. */
export function watch(rest: Rest, objective: Objective, measured: Measured): Watch {
  const met = meetsAll(objective, measured)
  const shifted = isShifted(rest, objective, measured)
  const after: Rest = {
    ...(shifted || rest.windows === MEAN_WINDOWS ? rest : averaged(rest, measured)),
    metWindows: Math.min(MEAN_WINDOWS, rest.metWindows + (met ? 1 : 0)),
    shiftedWindows: shifted ? rest.shiftedWindows + 1 : 0,
    missedWindows:
      !met && rest.metWindows > 0 ? rest.missedWindows + 1 : Math.max(0, rest.missedWindows - MET_FORGIVES),
  }
  if (after.shiftedWindows >= SHIFTED_WINDOWS) return { rest: after, over: 'load or capacity changed', measured }
  if (after.missedWindows >= MISSED_WINDOWS) return { rest: after, over: 'a goal is missed', measured }
  const settled = rest.windows < MEAN_WINDOWS && after.windows === MEAN_WINDOWS
  if (!settled || after.metWindows === 0 || usedOf(objective, after.p95) <= NEAR)
    return { rest: after, over: undefined, measured }
  const { throughput, p95 } = after
  return { rest: after, over: 'a goal is missed', measured: { ...measured, throughput, p95 } }
}

function averaged(rest: Rest, measured: Measured): Rest {
  const windows = rest.windows + 1
  const mean = (before: number, now: number) => before + (now - before) / windows
  return {
    ...rest,
    windows,
    throughput: mean(rest.throughput, measured.throughput ?? 0),
    throughputNoise: mean(rest.throughputNoise, off(measured.throughput, rest.throughput)),
    p95: mean(rest.p95, measured.p95 ?? 0),
    p95Noise: mean(rest.p95Noise, off(measured.p95, rest.p95)),
  }
}

function isShifted(rest: Rest, objective: Objective, { throughput, p95 }: Measured): boolean {
  if (off(throughput, rest.throughput) > Math.max(THROUGHPUT_SHIFT, NOISE_FACTOR * rest.throughputNoise)) return true
  const counts =
    !objective.goals.some((goal) => 'raise' in goal) || usedOf(objective, Math.max(p95 ?? 0, rest.p95)) > FAR_BELOW
  return counts && off(p95, rest.p95) > Math.max(P95_SHIFT, NOISE_FACTOR * rest.p95Noise)
}

const off = (now: number | undefined, then: number): number =>
  now === undefined || then === 0 ? 0 : Math.abs(now - then) / then

const usedOf = ({ goals }: Objective, p95: number): number =>
  Math.max(0, ...goals.map((goal) => ('p95AtMost' in goal ? p95 / goal.p95AtMost : 0)))
