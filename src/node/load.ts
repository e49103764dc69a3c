import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** Delays of the event loop that mean fully loaded: a component waits this long for its turn. */
const DELAY_FULL_MS = 100
const RESOLUTION_MS = 50

/** How busy this process is, 0 … 1: the larger of how much of its time the event loop works and how long it makes others wait. */
export class LoadMeter {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  private last: EventLoopUtilization = performance.eventLoopUtilization()

  start(): void {
    this.last = performance.eventLoopUtilization()
    this.delays.enable()
  }

  stop(): void {
    this.delays.disable()
  }

  /** Since the last call. */
  read(): number {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.last)
    this.last = now
    // The histogram has the time between two ticks of its own timer, which is its resolution when nothing is late.
    const lateMs = Math.max(0, this.delays.percentile(90) / 1e6 - RESOLUTION_MS)
    this.delays.reset()
    return Math.min(1, Math.max(utilization, lateMs / DELAY_FULL_MS))
  }
}
