/**
 * Elapsed time and timers, as a parameter: the production one below reads the machine, `virtual-scheduler.ts` moves only
 * when a test or the simulator says so.
 */
export interface Scheduler {
  /** Milliseconds since some fixed moment of this process; never goes back. No calendar time. */
  nowMs(): number
  /**
   * Calls back once, no earlier than after `delayMs`, and never from within this call.
   * Returns what takes it back; taking back twice, or after it ran, does nothing.
   */
  schedule(delayMs: number, callback: () => void): () => void
}

/** The machine's monotonic clock and timers. A pending timer keeps the process alive: a started node is a server until it is stopped. */
export const systemScheduler: Scheduler = {
  nowMs: () => performance.now(),
  schedule(delayMs, callback) {
    if (delayMs <= 0) {
      // A timer takes a millisecond at least; this runs as soon as what has arrived by now was handled.
      const immediate = setImmediate(callback)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
