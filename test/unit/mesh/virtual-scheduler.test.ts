import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualScheduler } from '#mesh/virtual-scheduler'

describe('VirtualScheduler', () => {
  it('runs what is due in the order of time, then of scheduling, whatever was cancelled', () => {
    const timers = fc.array(fc.record({ delayMs: fc.integer({ min: 0, max: 50 }), cancelled: fc.boolean() }), {
      maxLength: 300,
    })
    fc.assert(
      fc.property(timers, (asked) => {
        const scheduler = new VirtualScheduler()
        const ran: number[] = []
        const cancels = asked.map(({ delayMs }, index) => scheduler.schedule(delayMs, () => ran.push(index)))
        asked.forEach(({ cancelled }, index) => {
          if (cancelled) cancels[index]!()
        })
        scheduler.advanceTo(1_000)
        const expected = asked
          .map(({ delayMs, cancelled }, index) => ({ delayMs, cancelled, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.delayMs - b.delayMs || a.index - b.index)
        expect(ran).toEqual(expected.map(({ index }) => index))
        expect(scheduler.pending).toBe(0)
      }),
    )
  })

  it('shows each callback its own time and stops at the asked one', () => {
    const scheduler = new VirtualScheduler(100)
    const times: number[] = []
    scheduler.schedule(5, () => {
      times.push(scheduler.nowMs())
      scheduler.schedule(7, () => times.push(scheduler.nowMs()))
    })
    scheduler.schedule(60, () => times.push(scheduler.nowMs()))
    scheduler.advanceTo(150)
    expect(times).toEqual([105, 112])
    expect(scheduler.nowMs()).toBe(150)
  })

  it('runUntil stops as soon as the predicate holds, or at the limit', () => {
    const scheduler = new VirtualScheduler()
    let count = 0
    for (let ms = 1; ms <= 10; ms++) scheduler.schedule(ms, () => count++)
    expect(scheduler.runUntil(() => count === 3, 100)).toBe(true)
    expect(scheduler.nowMs()).toBe(3)
    expect(scheduler.runUntil(() => count === 99, 7)).toBe(false)
    expect(count).toBe(7)
  })

  it('waitUntil lets awaiting programs go on between callbacks', async () => {
    const scheduler = new VirtualScheduler()
    const sleep = (ms: number) => new Promise<void>((resolve) => scheduler.schedule(ms, resolve))
    let done = false
    const program = (async () => {
      for (let i = 0; i < 5; i++) await sleep(1_000)
      done = true
    })()
    expect(await scheduler.waitUntil(() => done, 10_000)).toBe(true)
    expect(scheduler.nowMs()).toBe(5_000)
    await program
  })

  it('forgets cancelled timers: a timer that is moved for ever takes no memory', () => {
    const scheduler = new VirtualScheduler()
    let fired = 0
    let cancel = scheduler.schedule(1_000, () => fired++)
    for (let i = 0; i < 10_000; i++) {
      cancel()
      cancel = scheduler.schedule(1_000, () => fired++)
    }
    expect(scheduler.pending).toBe(1)
    scheduler.advanceTo(1_000)
    expect(fired).toBe(1)
  })
})
