import { REVERT_REASON } from './adjustment.ts'
import {
  BLOCKED_MS,
  BLOCKED_WINDOWS_MAX,
  BLOCKED_WINDOWS_MIN,
  REVERTS_FREEZE,
  settlingMs,
  TRIAL_WINDOWS,
  worsened,
} from './guard.ts'
import type { Objective } from './objective.ts'
import type { Proposal, Tunable, TuningStrategy } from './strategy.ts'
import type { Blocked, Trial, TuningState } from './tuning-state.ts'
import { onGrid, withinStep } from './values.ts'
import { type Measured, measuredOf, tooFewSamples, type WindowView } from './window.ts'

/** One window of one objective, and everything that is needed to decide what comes next. */
export interface Look {
  readonly objective: Objective
  readonly strategy: TuningStrategy
  readonly tunables: readonly Tunable[]
  /** of the latest window, together with those before it that had too few samples */
  readonly window: WindowView
  /** since the last look */
  readonly elapsedMs: number
  /** of all windows since the trial began, merged; the latest alone outside a trial */
  readonly sinceTrial: WindowView
  /** how much the p95 rises with each window, in its unit; 0 when it does not */
  readonly rise: number
  readonly stepRatioMax: number
}

/** What is to be published, in one group with the state. */
export interface Move {
  /** `revert` takes back what made things worse, `undo` what brought nothing */
  readonly type: 'adjust' | 'revert' | 'undo'
  readonly name: string
  readonly oldValue: number
  readonly newValue: number
  readonly reason: string
  readonly measured: Measured
}

export interface Verdict {
  readonly state: TuningState
  readonly move: Move | undefined
  /** what was decided, and why, in a sentence */
  readonly note: string
}

/**
 * Decides what follows from one window: judges a trial, waits, or asks the strategy. A pure function, so that the mesh, the
 * simulation and an observing node come to the same from the same.
 */
export function look(state: TuningState, at: Look): Verdict {
  const blocked = withoutElapsed(state.blocked, at.elapsedMs)
  const settleMs = Math.max(0, state.settleMs - at.elapsedMs)
  const aged = { ...state, blocked, settleMs, trial: state.trial && { ...state.trial, age: state.trial.age + 1 } }
  const unusable = tooFewSamples(at.objective, at.window)
  if (unusable !== undefined) return stay(aged, unusable)
  if (isSettling(state, at.elapsedMs)) return stay(aged, 'what was measured began before the last move')
  // Also when frozen meanwhile: a move that makes things worse does not stay because nobody may move.
  if (aged.trial !== undefined) return judge(aged, aged.trial, at)
  if (aged.frozen) return stay(aged, frozenNote(aged))
  if (aged.pauseLeft > 0)
    return stay({ ...aged, pauseLeft: aged.pauseLeft - 1 }, `pause: ${aged.pauseLeft} more windows after the last move`)
  return propose(aged, at, measuredOf(at.objective, at.window))
}

/** Whether most of what is in a window began before the last move; by its middle, most began after it. */
export const isSettling = ({ settleMs }: TuningState, elapsedMs: number): boolean => settleMs > elapsedMs / 2

const stay = (state: TuningState, note: string): Verdict => ({ state, move: undefined, note })

const frozenNote = ({ revertsInRow }: TuningState): string =>
  revertsInRow >= REVERTS_FREEZE ? `frozen: ${revertsInRow} moves in a row had to be taken back` : 'frozen by hand'

const withoutElapsed = (blocked: readonly Blocked[], elapsedMs: number): readonly Blocked[] =>
  blocked
    .map((entry) => ({ ...entry, leftMs: entry.leftMs - elapsedMs, sinceMs: entry.sinceMs + elapsedMs }))
    .filter(({ leftMs }) => leftMs > 0)

/** The windows after a move decide whether it stays. */
function judge(state: TuningState, trial: Trial, at: Look): Verdict {
  const tunable = at.tunables.find(({ name }) => name === trial.name)
  const ended = { ...state, trial: undefined }
  if (tunable?.value !== trial.newValue || tunable.held !== undefined)
    return stay(ended, `somebody else changed ${trial.name}: the trial of ${trial.newValue} is over`)
  const windows = trial.windows + 1
  if (windows < TRIAL_WINDOWS) return stay({ ...state, trial: { ...trial, windows } }, `${trial.name} is on trial`)
  const after = measuredOf(at.objective, at.sinceTrial)
  const worse = worsened(at.objective, withoutMove(trial), after)
  if (worse !== undefined) return takeBack(ended, trial, after, worse, at)
  const kept = {
    ...ended,
    memory: at.strategy.learn({ ...trial, kept: true, after }, state.memory, at.objective),
    kept: { name: trial.name, oldValue: trial.oldValue, newValue: trial.newValue },
    revertsInRow: 0,
    pauseLeft: at.strategy.pauseWindows,
  }
  // A strategy without a pause goes on from the window that ended the trial.
  if (kept.pauseLeft === 0 && !kept.frozen) return propose(kept, at, after)
  return stay(kept, `${trial.name} stays at ${trial.newValue}`)
}

/** What would have been measured now, as far as one can know. */
const withoutMove = ({ before, rise, age }: Trial): Measured => ({
  ...before,
  p95: before.p95 === undefined ? undefined : before.p95 + rise * age,
})

function takeBack(state: TuningState, trial: Trial, measured: Measured, worse: string, at: Look): Verdict {
  const { name, oldValue, newValue } = trial
  const revertsInRow = state.revertsInRow + (isNews(state, trial) ? 0 : 1)
  const windowMs = at.window.elapsedMs
  const leftMs = Math.max(BLOCKED_WINDOWS_MIN * windowMs, Math.min(BLOCKED_WINDOWS_MAX * windowMs, BLOCKED_MS))
  return {
    state: {
      ...state,
      settleMs: settlingMs(at.objective, at.window),
      revertsInRow,
      frozen: state.frozen || revertsInRow >= REVERTS_FREEZE,
      pauseLeft: at.strategy.pauseWindows,
      blocked: [...state.blocked, { name, value: newValue, leftMs, sinceMs: 0 }],
      memory: at.strategy.learn({ ...trial, kept: false, after: measured }, state.memory, at.objective),
    },
    move: {
      type: 'revert',
      name,
      oldValue: newValue,
      newValue: oldValue,
      reason: `${REVERT_REASON}${worse}`,
      measured,
    },
    note: `${name} goes back to ${oldValue}: ${worse}`,
  }
}

/**
 * Whether nobody could have known: a search finds the slopes of a hill by walking down each of them once, and must not be
 * frozen for that. Who asks the same again is not searching.
 */
function isNews({ blocked }: TuningState, { kind, name, oldValue, newValue }: Trial): boolean {
  const sameWay = blocked.some((entry) => entry.name === name && entry.value > oldValue === newValue > oldValue)
  return kind === 'probe' && !sameWay
}

/** @param measured of the latest windows in which nothing changed */
function propose(state: TuningState, at: Look, measured: Measured): Verdict {
  const { objective, strategy, tunables, window, rise, stepRatioMax } = at
  const isBlocked = (name: string, value: number) =>
    state.blocked.some((entry) => entry.name === name && entry.value === value)
  const context = { objective, window, measured, tunables, stepRatioMax, isBlocked }
  const { proposal, memory, changed } = strategy.propose(context, state.memory)
  const next = { ...state, memory, blocked: changed === true ? latelyOnly(state.blocked, at) : state.blocked }
  if (proposal.type === 'stay') return stay(next, proposal.reason)
  const tunable = tunables.find(({ name }) => name === proposal.name)
  if (tunable === undefined)
    return stay(next, `${strategy.name} wants ${proposal.name}, which is not of this objective`)
  if (tunable.held !== undefined) return stay(next, `${proposal.name} is left alone: ${tunable.held}`)
  const undoes = proposal.kind === 'undo' && undoesKept(state, proposal, tunable)
  const value = undoes ? proposal.value : withinStep(tunable, proposal.value, stepRatioMax)
  if (value === tunable.value) return stay(next, `${proposal.name} cannot go further: ${proposal.reason}`)
  if (isBlocked(proposal.name, value)) return stay(next, `${proposal.name} = ${value} was taken back lately`)
  const { name, reason } = proposal
  const kind = proposal.kind === 'probe' ? 'probe' : 'step'
  const oldValue = tunable.value
  const trial: Trial = { kind, name, oldValue, newValue: value, before: measured, rise, age: 0, windows: 0 }
  return {
    state: {
      ...next,
      settleMs: settlingMs(objective, window),
      kept: undefined,
      trial: undoes ? undefined : trial,
    },
    move: { type: undoes ? 'undo' : 'adjust', name, oldValue, newValue: value, reason, measured },
    note: `${name}: ${oldValue} → ${value}: ${reason}`,
  }
}

/** What was taken back a moment ago stays blocked whatever a strategy says: one that is always wrong would go on for ever. */
const latelyOnly = (blocked: readonly Blocked[], { elapsedMs }: Look): readonly Blocked[] =>
  blocked.filter(({ sinceMs }) => sinceMs < BLOCKED_WINDOWS_MIN * elapsedMs)

/** What a strategy calls undoing is that only if it leads back to where the last move that was kept came from. */
const undoesKept = ({ kept }: TuningState, { name, value }: Extract<Proposal, { type: 'move' }>, tunable: Tunable) =>
  kept?.name === name && kept.oldValue === value && kept.newValue === tunable.value && onGrid(tunable, value) === value
