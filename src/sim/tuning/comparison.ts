import type { Controller } from './controller.ts'
import { DRIFT_WINDOWS, drifting } from './course.ts'
import { type TracedWindow, tune } from './tune.ts'
import type { Values, Workload } from './workload.ts'

/** Windows that a controller has to get from a bad start to where it should be, and after a step change of the load. */
export const WINDOWS_FROM_START = 30
export const WINDOWS_FROM_CHANGE = 20
/** Then it is held to what it reached for so many. */
const WINDOWS_HELD = 30
/** What is reached has to last for so many windows to count as reached. */
export const WINDOWS_REACHED = 10
const REACHED_SHARE = 0.9

/** A drift is followed for so long, after the windows that there are to get there. */
const DRIFT_PERIODS = 2

const CHANGE_AT = WINDOWS_FROM_START + WINDOWS_HELD
const WINDOWS = CHANGE_AT + WINDOWS_FROM_CHANGE + WINDOWS_HELD

/** How a controller did under one load. Goodput counts nothing for a window in which a goal was missed to the letter. */
export interface PhaseOutcome {
  /** mean goodput in the windows after those that it had, as a share of the best static setting's */
  readonly share: number
  /** windows until the mean goodput of the next 10 was 0.9 of that best; undefined: never */
  readonly within: number | undefined
}

export interface Comparison {
  readonly fromStart: PhaseOutcome
  readonly fromChange: PhaseOutcome
}

/** @param best goodputs of the best static settings, before and after the step change */
export function compare(
  workload: Workload,
  start: Values,
  controller: Controller,
  best: readonly [before: number, after: number],
  seed: number,
): Comparison {
  const change = (window: number) => (window < CHANGE_AT ? 0 : 1)
  const windows = tune({ workload, start, controller, windows: WINDOWS, seed, change })
  return {
    fromStart: outcomeOf(windows.slice(0, CHANGE_AT), WINDOWS_FROM_START, best[0]),
    fromChange: outcomeOf(windows.slice(CHANGE_AT), WINDOWS_FROM_CHANGE, best[1]),
  }
}

/**
 * How a controller did while load and capacity drifted all the time: its mean goodput, after the windows that it had to get there, as a
 * share of `best`. Over 1 it did better than any setting that stays where it is.
 * @param best goodput of the best static setting over a period of the drift
 */
export function shareInDrift(
  workload: Workload,
  start: Values,
  controller: Controller,
  best: number,
  seed: number,
): number {
  const windows = WINDOWS_FROM_START + DRIFT_PERIODS * DRIFT_WINDOWS
  const run = tune({ workload, start, controller, windows, seed, change: drifting.change })
  return meanGoodput(run.slice(WINDOWS_FROM_START)) / best
}

/** @param allowed windows that it had to get there; what follows is held to `best` */
export function outcomeOf(
  windows: readonly Pick<TracedWindow, 'goodput'>[],
  allowed: number,
  best: number,
): PhaseOutcome {
  let within: number | undefined
  for (let at = 0; at + WINDOWS_REACHED <= windows.length; at++)
    if (meanGoodput(windows.slice(at, at + WINDOWS_REACHED)) >= REACHED_SHARE * best) {
      within = at
      break
    }
  return { share: meanGoodput(windows.slice(allowed)) / best, within }
}

export const meanGoodput = (windows: readonly Pick<TracedWindow, 'goodput'>[]): number =>
  windows.reduce((sum, { goodput }) => sum + goodput, 0) / windows.length
