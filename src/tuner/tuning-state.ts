import { isJsonObject, type JsonObject, type JsonValue, jsonEqual } from '#core/json'
import { TUNER_STATE_SECTION } from '#node/declarations'
import type { ConfigChangeRequest } from '#node/types'
import type { Measured } from './window.ts'

/** A move that is being judged. */
export interface Trial {
  /** a probe asks whether it helps; a step should */
  readonly kind: 'step' | 'probe'
  readonly name: string
  readonly oldValue: number
  readonly newValue: number
  /** measured before it */
  readonly before: Measured
  /** how much the p95 rose with each window before it, in its unit */
  readonly rise: number
  /** windows since it, also those that are not judged */
  readonly age: number
  /** windows that it is judged by, so far */
  readonly windows: number
}

/** A value that was taken back, and for how much longer it is left alone. */
export interface Blocked {
  readonly name: string
  readonly value: number
  readonly leftMs: number
  /** milliseconds since then */
  readonly sinceMs: number
}

/**
 * Where the tuning of one objective stands. It is replicated as `auto_tuner_state.OBJECTIVE`, in one group with the
 * adjustment that it is about, so a successor neither repeats an adjustment nor forgets a trial. Times are what is left of
 * them, because no two nodes have the same clock.
 */
export interface TuningState {
  readonly trial: Trial | undefined
  /** the move that was kept last, as long as nothing else was moved: what may be undone */
  readonly kept: Pick<Trial, 'name' | 'oldValue' | 'newValue'> | undefined
  /** milliseconds in which most of what is measured still began before the last move */
  readonly settleMs: number
  /** windows in which nothing is tried */
  readonly pauseLeft: number
  readonly blocked: readonly Blocked[]
  readonly revertsInRow: number
  /** after too many of them; until somebody releases it */
  readonly frozen: boolean
  /** what the strategy remembers */
  readonly memory: JsonValue | undefined
}

export const INITIAL_STATE: TuningState = {
  trial: undefined,
  kept: undefined,
  settleMs: 0,
  pauseLeft: 0,
  blocked: [],
  revertsInRow: 0,
  frozen: false,
  memory: undefined,
}

export function stateToJson(state: TuningState): JsonObject {
  const { trial, kept, settleMs, pauseLeft, blocked, revertsInRow, frozen, memory } = state
  return {
    settleMs,
    pauseLeft,
    blocked: blocked.map(({ name, value, leftMs, sinceMs }) => ({ name, value, leftMs, sinceMs })),
    revertsInRow,
    frozen,
    memory: memory ?? null,
    kept: kept === undefined ? null : { ...kept },
    trial: trial === undefined ? null : { ...trial, before: measuredToJson(trial.before) },
  }
}

/** The write that replicates it. */
export const stateChange = (objective: string, state: TuningState, priority: number): ConfigChangeRequest => ({
  section: TUNER_STATE_SECTION,
  parameter: objective,
  value: stateToJson(state),
  priority,
})

/** Whether there is nothing to tell the mesh: what is left of times goes along with the next change. */
export const publishedAlike = (a: TuningState, b: TuningState): boolean =>
  jsonEqual(stateToJson(untimed(a)), stateToJson(untimed(b)))

const untimed = (state: TuningState): TuningState => ({
  ...state,
  settleMs: 0,
  blocked: state.blocked.map((entry) => ({ ...entry, leftMs: 0, sinceMs: 0 })),
})

function measuredToJson({ p95, successRate, throughput }: Measured): JsonObject {
  return { p95: p95 ?? null, successRate: successRate ?? null, throughput: throughput ?? null }
}

/** What a predecessor left. Anything that is not of this form (somebody wrote there by hand) is a fresh start. */
export function stateFromJson(json: JsonValue | undefined): TuningState {
  if (json === undefined || !isJsonObject(json)) return INITIAL_STATE
  const { settleMs, pauseLeft, blocked, revertsInRow, frozen, memory, trial, kept } = json
  return {
    trial: trialFromJson(trial),
    kept: moveFromJson(kept),
    settleMs: Math.max(0, numberOf(settleMs) ?? 0),
    pauseLeft: countOf(pauseLeft),
    blocked: Array.isArray(blocked) ? blocked.flatMap(blockedFromJson) : [],
    revertsInRow: countOf(revertsInRow),
    frozen: frozen === true,
    memory: memory === null ? undefined : memory,
  }
}

const countOf = (json: JsonValue | undefined): number =>
  typeof json === 'number' && Number.isSafeInteger(json) && json > 0 ? json : 0

function blockedFromJson(json: JsonValue): Blocked[] {
  if (!isJsonObject(json)) return []
  const { name, value, leftMs, sinceMs } = json
  return typeof name === 'string' && typeof value === 'number' && typeof leftMs === 'number'
    ? [{ name, value, leftMs, sinceMs: numberOf(sinceMs) ?? 0 }]
    : []
}

function moveFromJson(json: JsonValue | undefined): TuningState['kept'] {
  if (json === undefined || !isJsonObject(json)) return undefined
  const { name, oldValue, newValue } = json
  if (typeof name !== 'string' || typeof oldValue !== 'number' || typeof newValue !== 'number') return undefined
  return { name, oldValue, newValue }
}

function trialFromJson(json: JsonValue | undefined): Trial | undefined {
  const moved = moveFromJson(json)
  if (moved === undefined) return undefined
  const { kind, before, rise, age, windows } = json as JsonObject
  const { p95, successRate, throughput } = before !== undefined && isJsonObject(before) ? before : {}
  return {
    kind: kind === 'probe' ? 'probe' : 'step',
    ...moved,
    before: { p95: numberOf(p95), successRate: numberOf(successRate), throughput: numberOf(throughput) },
    rise: Math.max(0, numberOf(rise) ?? 0),
    age: countOf(age),
    windows: countOf(windows),
  }
}

const numberOf = (json: JsonValue | undefined): number | undefined => (typeof json === 'number' ? json : undefined)
