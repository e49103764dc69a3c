import fc from 'fast-check'
import { expect, it } from 'vitest'
import { onGrid, withinStep } from '#tuner/values'
import { tunable } from './tuning-fixture.ts'

const anyTunable = fc
  .record({
    min: fc.double({ min: -1_000, max: 1_000, noNaN: true }),
    steps: fc.integer({ min: 1, max: 500 }),
    step: fc.double({ min: 0.001, max: 50, noNaN: true }),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ min, steps, step, at }) =>
    tunable(min + at * steps * step, { min, max: min + steps * step, step: Number(step) }),
  )

const anyRatio = fc.oneof(fc.double({ min: 0, max: 0.5, noNaN: true }), fc.constantFrom(0, 1, 1e9, Infinity))

it('a step is on the grid and within the bounds, whatever was wanted and however far a step may go', () => {
  fc.assert(
    fc.property(anyTunable, fc.double({ noNaN: true }), anyRatio, (one, wanted, ratio) => {
      const value = withinStep(one, wanted, ratio)
      expect(value).toBeGreaterThanOrEqual(one.min - 1e-9 * Math.abs(one.min))
      expect(value).toBeLessThanOrEqual(one.max + 1e-9 * Math.abs(one.max))
      expect(Math.abs(onGrid(one, value) - value)).toBeLessThanOrEqual(1e-6 * one.step)
      const furthest = Math.max(one.step, Math.abs(one.value) * ratio)
      // A value off the grid may need up to a step more to get onto it.
      expect(Math.abs(value - one.value)).toBeLessThanOrEqual(furthest + one.step * 0.500001)
    }),
    { seed: 1, numRuns: 5_000 },
  )
})

it('where no share may be moved one step is', () => {
  expect(withinStep(tunable(40), 60, 0)).toBe(41)
  expect(withinStep(tunable(40), 20, 0)).toBe(39)
  expect(withinStep(tunable(40), 1e9, 1e9)).toBe(100)
})
