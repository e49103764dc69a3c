/** 2026-01-01, so that stamps look like stamps. */
export const WALL_START_MS = 1_767_225_600_000

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
