import type { Scheduler } from './scheduler.ts'

/** The machine's clock is read in whole milliseconds. */
const GRAIN_MS = 1
/** Readings after which the older half is forgotten: the two clocks do not run at exactly the same speed. */
const READINGS_MAX = 128

/**
 * The machine's clock to a fraction of the millisecond. Its readings are cut off, by a part that is no chance: timers fire at
 * whole milliseconds too, so means over many readings stay wrong. Elapsed time is finer. Each reading says that the clock is ahead of it by
 * the difference of the two or up to one millisecond more; all of them together leave little room, and the middle of it is taken.
 */
export class FineClock {
  private readonly wallClock: () => number
  private readonly scheduler: Scheduler
  private readings = 0
  private room = anywhere()
  private roomBefore = anywhere()

  constructor(wallClock: () => number, scheduler: Scheduler) {
    this.wallClock = wallClock
    this.scheduler = scheduler
  }

  /** Milliseconds since 1970. */
  readMs(): number {
    const nowMs = this.note()
    const { leastMs, mostMs } = this.both()
    return Math.max(0, nowMs + (leastMs + mostMs) / 2)
  }

  /** One more reading, so that the next that is wanted is finer. Returns elapsed time. */
  note(): number {
    const nowMs = this.scheduler.nowMs()
    const aheadMs = Math.floor(this.wallClock()) - nowMs
    const { leastMs, mostMs } = this.both()
    // Outside of what the readings before have left: the clock was set, or has drifted.
    if (aheadMs > mostMs || aheadMs + GRAIN_MS < leastMs) {
      this.readings = 0
      this.room = anywhere()
    }
    if (this.readings++ % READINGS_MAX === 0) {
      this.roomBefore = this.room
      this.room = anywhere()
    }
    this.room.leastMs = Math.max(this.room.leastMs, aheadMs)
    this.room.mostMs = Math.min(this.room.mostMs, aheadMs + GRAIN_MS)
    return nowMs
  }

  private both(): Room {
    return {
      leastMs: Math.max(this.room.leastMs, this.roomBefore.leastMs),
      mostMs: Math.min(this.room.mostMs, this.roomBefore.mostMs),
    }
  }
}

/** How far the clock can be ahead of elapsed time. */
interface Room {
  leastMs: number
  mostMs: number
}

const anywhere = (): Room => ({ leastMs: Number.NEGATIVE_INFINITY, mostMs: Number.POSITIVE_INFINITY })
