/** How load and capacity go from window to window: 0 as they begin, 1 as they are after a workload's change. */
export interface Course {
  /** it repeats after so many windows; 1 where it stands still */
  readonly periodWindows: number
  change(window: number): number
}

export const steadyAt = (change: number): Course => ({ periodWindows: 1, change: () => change })

/** Twenty minutes of windows of 10 s: within it every best setting is another one all the time. */
export const DRIFT_WINDOWS = 120

/** Never standing still: to the other load and back, as a cosine goes, fastest on the way and slowest at the ends. */
export const drifting: Course = {
  periodWindows: DRIFT_WINDOWS,
  change: (window) => (1 - Math.cos((2 * Math.PI * window) / DRIFT_WINDOWS)) / 2,
}
