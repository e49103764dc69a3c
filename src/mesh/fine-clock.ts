import type { Scheduler } from './scheduler.ts'

/** The machine's clock is read in whole milliseconds. */
const GRAIN_MS = 1
/** Readings after which the older half is forgotten: the two clocks do not run at exactly the same speed. */
const READINGS_MAX = 128

/**
 * The machine's clock to a fraction of the millisecond. Its readings are cut off, by a part that is no chance: timers fire at
 * whole milliseconds too, so means over many readings stay wrong. Elapsed time is finer, and how far the clock is ahead of it is told best by the
 * greatest difference seen, because being cut off only makes it smaller.
 */
export class FineClock {
  private readonly wallClock: () => number
  private readonly scheduler: Scheduler
  private readings = 0
  private aheadMs = Number.NEGATIVE_INFINITY
  private aheadBeforeMs = Number.NEGATIVE_INFINITY

  constructor(wallClock: () => number, scheduler: Scheduler) {
    this.wallClock = wallClock
    this.scheduler = scheduler
  }

  /** Milliseconds since 1970. */
  readMs(): number {
    const nowMs = this.scheduler.nowMs()
    const aheadMs = Math.floor(this.wallClock()) - nowMs
    // Further back than by being cut off: the clock was set.
    if (aheadMs < this.greatestMs - GRAIN_MS) this.forget()
    if (this.readings++ % READINGS_MAX === 0) {
      this.aheadBeforeMs = this.aheadMs
      this.aheadMs = aheadMs
    }
    this.aheadMs = Math.max(this.aheadMs, aheadMs)
    return Math.max(0, nowMs + this.greatestMs)
  }

  private get greatestMs(): number {
    return Math.max(this.aheadMs, this.aheadBeforeMs)
  }

  private forget(): void {
    this.readings = 0
    this.aheadMs = Number.NEGATIVE_INFINITY
    this.aheadBeforeMs = Number.NEGATIVE_INFINITY
  }
}
