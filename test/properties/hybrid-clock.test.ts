import fc from 'fast-check'
import { it } from 'vitest'
import { HybridClock } from '#core/hybrid-clock'
import { LOGICAL_MAX } from '#core/limits'

const DRIFT_MS = 50
const logical = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: LOGICAL_MAX - 3, max: LOGICAL_MAX }))
const step = fc.record({
  wallStepMs: fc.integer({ min: -DRIFT_MS, max: 20 }),
  remote: fc.option(fc.record({ aheadMs: fc.integer({ min: -100, max: 100 }), logical })),
})
const history = fc.array(step, { maxLength: 40 })
const stored = fc.record({ aheadMs: fc.integer({ min: -1_000, max: 1_000 }), logical })

function start(wallMs: number, state: { aheadMs: number; logical: number }): HybridClock {
  const clock = new HybridClock(DRIFT_MS)
  clock.restore(wallMs + state.aheadMs, state.logical)
  return clock
}

it('is never further ahead of the wall clock than the drift, whatever was stored, seen and done to the wall clock', () => {
  fc.assert(
    fc.property(stored, history, (state, steps) => {
      let wallMs = 10_000
      const clock = start(wallMs, state)
      return steps.every(({ wallStepMs, remote }) => {
        wallMs += wallStepMs
        if (remote) clock.observe(wallMs + remote.aheadMs, remote.logical, wallMs)
        else clock.tick(wallMs)
        return clock.milliseconds <= wallMs + DRIFT_MS && clock.logical >= 0 && clock.logical <= LOGICAL_MAX
      })
    }),
    { numRuns: 10_000 },
  )
})

it('stamps ever later while its last stamp stays within the bound', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let wallMs = 10_000
      const clock = start(wallMs, { aheadMs: 0, logical: 0 })
      return steps.every(({ wallStepMs, remote }) => {
        wallMs += wallStepMs
        if (remote) clock.observe(wallMs + remote.aheadMs, remote.logical, wallMs)
        const before = { milliseconds: clock.milliseconds, logical: clock.logical }
        clock.tick(wallMs)
        const boundMs = wallMs + DRIFT_MS
        const outOfBound = before.milliseconds > boundMs
        const usedUp = before.milliseconds === boundMs && before.logical === LOGICAL_MAX
        return outOfBound || usedUp || isLater(clock, before)
      })
    }),
    { numRuns: 10_000 },
  )
})

it('without remote stamps, stamps ever later while the wall clock jumps back by no more than the drift', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: DRIFT_MS }), { maxLength: 60 }), (offsets) => {
      const clock = start(10_000, { aheadMs: 0, logical: 0 })
      return offsets.every((offset) => {
        const before = { milliseconds: clock.milliseconds, logical: clock.logical }
        clock.tick(10_000 + offset)
        return isLater(clock, before)
      })
    }),
    { numRuns: 10_000 },
  )
})

type Stamp = { readonly milliseconds: number; readonly logical: number }
const isLater = (a: Stamp, b: Stamp): boolean =>
  a.milliseconds > b.milliseconds || (a.milliseconds === b.milliseconds && a.logical > b.logical)
