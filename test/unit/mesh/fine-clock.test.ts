import { describe, expect, it } from 'vitest'
import { FineClock } from '#mesh/fine-clock'
import { VirtualScheduler } from '#mesh/virtual-scheduler'

const WALL_START_MS = 1_767_225_600_000

describe('the clock to a fraction of the millisecond', () => {
  it('is never ahead, and comes near to the truth however the readings stand to the millisecond', () => {
    const scheduler = new VirtualScheduler()
    const trueMs = () => WALL_START_MS + 0.37 + scheduler.nowMs()
    const clock = new FineClock(() => Math.floor(trueMs()), scheduler)
    for (let i = 0; i < 1_000; i++) {
      scheduler.advanceBy(7.013)
      expect(clock.readMs()).toBeLessThanOrEqual(trueMs() + 1e-3)
      if (i > 100) expect(clock.readMs()).toBeGreaterThan(trueMs() - 0.05)
    }
  })

  it.each([-10_000, 10_000])('follows a clock that is set by %d ms at once', (stepMs) => {
    const scheduler = new VirtualScheduler()
    let offsetMs = 0
    const clock = new FineClock(() => Math.floor(WALL_START_MS + scheduler.nowMs() + offsetMs), scheduler)
    for (let i = 0; i < 50; i++) {
      scheduler.advanceBy(3.3)
      clock.readMs()
    }
    offsetMs = stepMs
    expect(Math.abs(clock.readMs() - (WALL_START_MS + scheduler.nowMs() + stepMs))).toBeLessThanOrEqual(1)
  })

  it('follows a clock that runs slower than time elapses', () => {
    const scheduler = new VirtualScheduler()
    const trueMs = () => WALL_START_MS + scheduler.nowMs() * (1 - 1e-4)
    const clock = new FineClock(() => Math.floor(trueMs()), scheduler)
    for (let i = 0; i < 5_000; i++) {
      scheduler.advanceBy(5.77)
      expect(Math.abs(clock.readMs() - trueMs())).toBeLessThanOrEqual(1.001)
    }
  })
})
