/** 2026-01-01, so that stamps look like stamps. */
const WALL_START_MS = 1_767_225_600_000

const TIMER_GRAIN_MS = 1 / 1024

/**
 * The clocks of one machine, made of simulated time: how much has elapsed, which may run at the wrong speed or leap, and
 * what the wall says, which may be wrong by years. Elapsed time never goes back.
 */
export class MachineClock {
  /** how wrong the wall clock is */
  offsetMs = 0
  private readonly trueMs: () => number
  private speed = 1
  private sinceMs = 0
  private elapsedThenMs = 0

  constructor(trueMs: () => number) {
    this.trueMs = trueMs
  }

  get rate(): number {
    return this.speed
  }

  /**
   * The true time that passes while this clock says `ms`. Where it is not the same, a little more, because a timer that fires
   * before its time by a rounding error would be set again at no distance for ever.
   */
  trueDelayMs(ms: number): number {
    return this.sinceMs === 0 && this.speed === 1 ? ms : ms / this.speed + TIMER_GRAIN_MS
  }

  /** From now on: 2 runs twice as fast as it should. */
  set rate(rate: number) {
    this.rebase(0)
    this.speed = rate
  }

  elapsedMs(): number {
    return this.elapsedThenMs + (this.trueMs() - this.sinceMs) * this.speed
  }

  wallMs(): number {
    return WALL_START_MS + this.elapsedMs() + this.offsetMs
  }

  /** So much has gone by without anybody having done anything. */
  leap(ms: number): void {
    this.rebase(ms)
  }

  private rebase(moreMs: number): void {
    this.elapsedThenMs = this.elapsedMs() + moreMs
    this.sinceMs = this.trueMs()
  }
}
