import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { look } from '#tuner/look'
import type { Objective } from '#tuner/objective'
import { gradientStrategy } from '#tuner/strategies/gradient'
import { localSearchStrategy } from '#tuner/strategies/local-search'
import { rulesStrategy } from '#tuner/strategies/rules'
import type { Proposal, Tunable, TuningStrategy } from '#tuner/strategy'
import { INITIAL_STATE, stateFromJson, stateToJson } from '#tuner/tuning-state'
import { gathered, Looked, type Measures, move, OBJECTIVE, scripted, tunable, windowWith } from './tuning-fixture.ts'

const NAMES = ['a.one', 'a.two'] as const

const anyTunable = (name: string): fc.Arbitrary<Tunable> =>
  fc
    .record({
      min: fc.integer({ min: 0, max: 50 }),
      steps: fc.integer({ min: 1, max: 200 }),
      step: fc.constantFrom(0.1, 0.5, 1, 5, 7),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      whenMissed: fc.constantFrom('raise' as const, 'lower' as const, undefined),
    })
    .map(({ min, steps, step, at, whenMissed }) => {
      const value = Number((min + Math.round(at * steps) * step).toPrecision(12))
      return tunable(value, { name, min, max: Number((min + steps * step).toPrecision(12)), step, whenMissed })
    })

/** Wants anything at all, beyond every bound too. */
const anyProposal: fc.Arbitrary<Proposal> = fc.record({
  type: fc.constant('move' as const),
  name: fc.constantFrom(...NAMES, 'a.other'),
  value: fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(0, Number.POSITIVE_INFINITY)),
  reason: fc.constant('because'),
  kind: fc.constantFrom('step' as const, 'probe' as const, 'undo' as const),
})

const anyStrategy: fc.Arbitrary<TuningStrategy> = fc.oneof(
  fc.constantFrom(rulesStrategy, gradientStrategy, localSearchStrategy),
  fc
    .tuple(fc.array(anyProposal, { minLength: 1, maxLength: 30 }), fc.nat(2))
    .map(([all, pause]) => scripted(all, pause)),
)

const anyMeasures: fc.Arbitrary<Measures> = fc.record({
  ms: fc.integer({ min: 1, max: 400 }),
  samples: fc.constantFrom(10, 60, 200),
  failed: fc.constantFrom(0, 0, 3, 20),
})

const onGrid = ({ min, step }: Tunable, value: number): boolean => {
  const steps = (value - min) / step
  return Math.abs(steps - Math.round(steps)) < 1e-6
}

describe('look', () => {
  it('never leaves the bounds or the grid, moves one parameter at a time, by at most the ratio or one step of the grid', () => {
    const objective: Objective = { ...OBJECTIVE, parameters: NAMES }
    fc.assert(
      fc.property(
        fc.tuple(anyTunable(NAMES[0]), anyTunable(NAMES[1])),
        anyStrategy,
        fc.array(anyMeasures, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(0.01, 0.2, 0.5),
        (begin, strategy, windows, stepRatioMax) => {
          const tunables: Tunable[] = [...begin]
          let state = INITIAL_STATE
          for (const measures of windows) {
            const window = windowWith(measures)
            const before = state
            const verdict = look(state, {
              objective,
              strategy,
              tunables,
              window,
              elapsedMs: window.elapsedMs,
              sinceTrial: window,
              rise: 0,
              stepRatioMax,
            })
            state = verdict.state
            if (verdict.move === undefined) continue
            const { type, name, oldValue, newValue } = verdict.move
            const index = tunables.findIndex((one) => one.name === name)
            const moved = tunables[index]!
            expect(oldValue).toBe(moved.value)
            expect(newValue).not.toBe(oldValue)
            expect(newValue).toBeGreaterThanOrEqual(moved.min)
            expect(newValue).toBeLessThanOrEqual(moved.max)
            expect(onGrid(moved, newValue)).toBe(true)
            const furthest = Math.max(moved.step, Math.abs(oldValue) * stepRatioMax)
            if (type === 'adjust') expect(Math.abs(newValue - oldValue)).toBeLessThanOrEqual(furthest + 1e-9)
            // What goes further than a step goes back to where it was.
            if (type === 'revert') expect(before.trial).toMatchObject({ name, oldValue: newValue, newValue: oldValue })
            if (type === 'undo') expect(before.trial ?? before.kept).toMatchObject({ name, oldValue: newValue })
            tunables[index] = { ...moved, value: newValue }
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('comes to the same when its state went over the mesh in between: a successor goes on where it was', () => {
    fc.assert(
      fc.property(
        anyTunable('pool.concurrency'),
        anyStrategy,
        fc.array(anyMeasures, { maxLength: 30 }),
        (one, strategy, windows) => {
          const [direct, carried] = [new Looked(strategy, one.value, one), new Looked(strategy, one.value, one)]
          for (const measures of windows) {
            direct.window(measures)
            carried.state = stateFromJson(JSON.parse(JSON.stringify(stateToJson(carried.state))))
            carried.window(measures)
            expect(carried.value).toBe(direct.value)
            expect(stateToJson(carried.state)).toEqual(stateToJson(direct.state))
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('says that there are too few samples, of which metric, and does nothing; a trial waits', () => {
    const pool = new Looked(scripted([move(44), move(48)]), 40)
    expect(pool.window({ samples: 49 })).toMatchObject({
      move: undefined,
      note: 'too few samples (under 50): request_ms 49, request_ok 49, request_ms 49',
    })
    pool.window({ samples: 50 })
    expect(pool.value).toBe(44)
    for (let i = 0; i < 5; i++) pool.window({ samples: 10 })
    expect(pool.state.trial).toMatchObject({ newValue: 44, windows: 0 })
  })

  it('ends a trial when somebody else changed the parameter', () => {
    const pool = new Looked(scripted([move(44)]), 40)
    pool.window({})
    pool.value = 60
    expect(pool.window({}).note).toMatch(/^somebody else changed pool.concurrency/)
    expect(pool.state.trial).toBeUndefined()
  })

  it('leaves a parameter alone that is held, and says why', () => {
    const pool = new Looked(scripted([move(44)]), 40, { held: 'set by a person on node-2' })
    expect(pool.window({})).toMatchObject({
      move: undefined,
      note: expect.stringMatching(/left alone: set by a person/),
    })
  })

  it('waits the windows that its strategy asks for after a trial', () => {
    const pool = new Looked(scripted([move(44), move(48)], 2), 40)
    const moved = Array.from({ length: 6 }, () => pool.window({}).move?.newValue)
    expect(moved).toEqual([44, undefined, undefined, undefined, undefined, 48])
  })

  it('counts a metric that is not there as too few samples', () => {
    const { views, ...rest } = { views: gathered({}), ...OBJECTIVE }
    const objective: Objective = { ...rest, goals: [{ metric: 'other', p95AtMost: 1 }] }
    expect(views.names()).not.toContain('other')
    expect(new Looked(scripted([move(44)]), 40).window({}, { objective }).note).toMatch(/other 0$/)
  })
})
