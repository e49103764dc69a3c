import { describe, expect, it } from 'vitest'
import { gradientStrategy } from '#tuner/strategies/gradient'
import { localSearchStrategy } from '#tuner/strategies/local-search'
import type { TuningStrategy } from '#tuner/strategy'
import { Looked, type Measures } from '../tuning-fixture.ts'

/** Values in force, window after window, in a world without noise. */
function walk(strategy: TuningStrategy, from: number, world: (value: number) => Measures, windows: number): number[] {
  const pool = new Looked(strategy, from)
  return Array.from({ length: windows }, () => {
    pool.window(world(pool.value))
    return pool.value
  })
}

/** Samples are the throughput: the work of up to 20 at a time; beyond, everybody only waits longer. */
const knee = (value: number): Measures => ({
  samples: 30 * Math.min(value, 20),
  ms: Math.max(20, value),
})
/** Throughput without end, at a latency that grows with it. */
const open = (value: number): Measures => ({ samples: 30 * value, ms: 2 * value })

describe.each([
  ['gradient', gradientStrategy],
  ['search', localSearchStrategy],
])('%s', (_, strategy) => {
  it('grows to the knee and rests near it: what brings nothing is given back', () => {
    const values = walk(strategy, 5, knee, 60)
    expect(values.at(-1)).toBeGreaterThanOrEqual(17)
    expect(values.at(-1)).toBeLessThanOrEqual(28)
    expect(new Set(values.slice(-20)).size).toBe(1)
  })

  it('grows as far as the goal allows, and not beyond', () => {
    const values = walk(strategy, 10, open, 60)
    expect(values.at(-1)! * 2).toBeLessThanOrEqual(100)
    expect(values.at(-1)! * 2).toBeGreaterThanOrEqual(78)
    expect(new Set(values.slice(-20)).size).toBe(1)
  })

  it('comes down at once when the goal is missed, and stays when it is met', () => {
    const values = walk(strategy, 90, open, 60)
    expect(values[0]).toBeLessThan(90)
    expect(values.at(-1)! * 2).toBeLessThanOrEqual(100)
    expect(values.at(-1)! * 2).toBeGreaterThanOrEqual(78)
  })

  it('begins anew when the load is another one', () => {
    const pool = new Looked(strategy, 10)
    for (let i = 0; i < 60; i++) pool.window(open(pool.value))
    const rested = pool.value
    for (let i = 0; i < 30; i++) pool.window({ samples: 20 * pool.value, ms: 4 * pool.value })
    expect(pool.value).toBeLessThanOrEqual(25)
    expect(pool.value).toBeLessThan(rested)
  })
})
