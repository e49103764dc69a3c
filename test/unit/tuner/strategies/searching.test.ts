import { describe, expect, it } from 'vitest'
import { gradientStrategy } from '#tuner/strategies/gradient'
import { localSearchStrategy } from '#tuner/strategies/local-search'
import type { TuningContext, TuningStrategy } from '#tuner/strategy'
import { Looked, type Measures, OBJECTIVE, tunable, windowWith } from '../tuning-fixture.ts'

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

describe('search', () => {
  it('looks again from a place of rest that misses a goal from the beginning, ever more rarely', () => {
    const pool = new Looked(localSearchStrategy, 40)
    // Whatever is tried, nothing helps: later it does, and where it rests nothing is different.
    for (let i = 0; i < 40 && !restsAt(pool); i++) pool.window({ ms: 115 })
    expect(restsAt(pool)).toBe(true)
    const rested = pool.value
    for (let i = 0; i < 60; i++) pool.window({ ms: (115 * pool.value) / rested })
    expect(pool.value).toBeLessThanOrEqual(rested * 0.85)

    const hopeless = new Looked(localSearchStrategy, 40)
    const moves = Array.from({ length: 600 }, () => hopeless.window({ ms: 115 }).move !== undefined)
    expect(moves.slice(0, 200).some(Boolean)).toBe(true)
    expect(moves.slice(-300).some(Boolean)).toBe(false)
  })

  it('takes a shorter first step where the full one was taken back lately', () => {
    const context = (blocked: readonly number[]): TuningContext => ({
      objective: OBJECTIVE,
      window: windowWith({ ms: 130 }),
      measured: { p95: 130, successRate: 1, throughput: 20 },
      tunables: [tunable(60)],
      stepRatioMax: 0.2,
      isBlocked: (_name, value) => blocked.includes(value),
    })
    const wanted = (blocked: readonly number[]) => localSearchStrategy.propose(context(blocked), undefined).proposal
    expect(wanted([])).toMatchObject({ value: 50 })
    expect(wanted([50])).toMatchObject({ value: 55 })
  })

  it('draws nothing from the window after a value was given back that still has something of it', () => {
    const pool = new Looked(localSearchStrategy, 40)
    const world = (): Measures => ({ ms: pool.value > 40 ? 118 : 80, samples: 200 })
    for (let i = 0; i < 3; i++) pool.window(world())
    expect(pool.verdicts.map(({ move }) => move?.newValue)).toEqual([48, undefined, 40])
    const { move, note } = pool.window({ ms: 118, samples: 200 })
    expect(move, note).toBeUndefined()
  })
})

const restsAt = (pool: Looked): boolean => pool.verdicts.at(-1)?.note.endsWith('it rests') === true
