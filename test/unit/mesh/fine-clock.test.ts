import { describe, expect, it } from 'vitest'
import { FineClock } from '#mesh/fine-clock'
import { VirtualScheduler } from '#mesh/virtual-scheduler'

const WALL_START_MS = 1_767_225_600_000

describe('the clock to a fraction of the millisecond', () => {
  it('is off by no more than what a reading is cut off by on average, and comes near to the truth however the readings stand to it', () => {
    const scheduler = new VirtualScheduler()
    const trueMs = () => WALL_START_MS + 0.37 + scheduler.nowMs()
    const clock = new FineClock(() => Math.floor(trueMs()), scheduler)
    for (let i = 0; i < 1_000; i++) {
      scheduler.advanceBy(7.013)
      expect(Math.abs(clock.readMs() - trueMs())).toBeLessThanOrEqual(i > 100 ? 0.05 : 0.501)
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

  it('is in the middle of what the readings leave possible, where all stand alike', () => {
    const scheduler = new VirtualScheduler()
    const trueMs = () => WALL_START_MS + 0.4 + scheduler.nowMs()
    const clock = new FineClock(() => Math.floor(trueMs()), scheduler)
    for (let i = 0; i < 1_000; i++) {
      scheduler.advanceBy(1_000)
      clock.note()
    }
    expect(clock.readMs() - trueMs()).toBeCloseTo(0.1, 3)
  })

  it.each([1 - 1e-4, 1 + 1e-4])('follows a clock that runs at %d times the speed at which time elapses', (speed) => {
    const scheduler = new VirtualScheduler()
    const trueMs = () => WALL_START_MS + scheduler.nowMs() * speed
    const clock = new FineClock(() => Math.floor(trueMs()), scheduler)
    for (let i = 0; i < 5_000; i++) {
      scheduler.advanceBy(5.77)
      expect(Math.abs(clock.readMs() - trueMs())).toBeLessThanOrEqual(1.001)
    }
  })
})
