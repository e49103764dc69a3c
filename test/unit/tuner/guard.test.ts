import { describe, expect, it } from 'vitest'
import { settlingMs, worsened } from '#tuner/guard'
import { MetricSet } from '#tuner/metric-set'
import type { TuningStrategy } from '#tuner/strategy'
import { windowOf } from '#tuner/window'
import { Looked, move, OBJECTIVE, scripted, WINDOW_MS, windowWith } from './tuning-fixture.ts'

const GOOD = { ms: 90 }
const SLOW = { ms: 130 }

/** Says that each of its steps helps, and wants yet another value each time, none of which is good. */
const liar = (kind: 'step' | 'probe' | 'undo'): TuningStrategy =>
  scripted([24, 23, 22, 21, 24, 23, 22, 21].map((value) => move(value, kind)))

describe('what is worse', () => {
  const before = { p95: 80, successRate: 1, throughput: 100 }
  it.each([
    ['a p95 that rose by a fifth, beyond its goal', { p95: 101 }, /p95 of request_ms 80 → 101/],
    ['a p95 that rose within its goal: that is what was to be spent', { p95: 99 }, undefined],
    ['a p95 over its goal that rose by less', { p95: 95 }, undefined],
    ['a success rate that fell by half a point, under its goal', { successRate: 0.98 }, /success rate/],
    ['a success rate that fell within its goal', { successRate: 0.991 }, undefined],
    ['a p95 that rose although the success rate fell', { p95: 200, successRate: 0.99 }, /p95/],
    ['a throughput that fell by a tenth', { throughput: 89 }, /throughput/],
    ['a throughput that fell by less', { throughput: 91 }, undefined],
  ])('%s', (_what, after, expected) => {
    const found = worsened(OBJECTIVE, before, { ...before, ...after })
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(expected)
  })
})

it('what comes late is no worse where before it did not come at all', () => {
  const [before, after] = [
    { p95: 80, successRate: 0.7, throughput: 100 },
    { p95: 200, successRate: 0.9, throughput: 100 },
  ]
  expect(worsened(OBJECTIVE, before, after)).toBeUndefined()
  expect(worsened(OBJECTIVE, { ...before, successRate: 0.995 }, { ...after, successRate: 1 })).toMatch(/p95/)
})

it('throughput is what may be given for a goal that was missed, as long as that helps', () => {
  const before = { p95: 200, successRate: 1, throughput: 100 }
  expect(worsened(OBJECTIVE, before, { ...before, p95: 160, throughput: 80 })).toBeUndefined()
  expect(worsened(OBJECTIVE, before, { ...before, throughput: 80 })).toMatch(/throughput/)
  expect(worsened(OBJECTIVE, { ...before, p95: 90 }, { ...before, p95: 70, throughput: 80 })).toMatch(/throughput/)
})

describe('guard', () => {
  it('takes a bad step back within 3 windows, and says by what', () => {
    const pool = new Looked(scripted([move(48)]), 40)
    pool.window(GOOD)
    expect(pool.value).toBe(48)
    pool.window(SLOW)
    const verdict = pool.window(SLOW)
    expect(pool.value).toBe(40)
    expect(verdict.move).toMatchObject({ type: 'revert', oldValue: 48, newValue: 40 })
    expect(verdict.move!.reason).toMatch(/^taken back: p95 of request_ms 90.* → 130/)
  })

  it('judges a move by what began after it: jobs of before that are slow to end do not take it back', () => {
    const pool = new Looked(scripted([move(36)], 1), 40)
    pool.window({ ms: 32_000 })
    expect(pool.value).toBe(36)
    // A growing queue: what began before the move goes on getting worse for as long as it takes.
    const notes = [38_000, 42_000, 30_000, 12_000, 9_000].map((ms) => pool.window({ ms }).note)
    expect(pool.value).toBe(36)
    expect(notes).toEqual([
      ...Array.from({ length: 3 }, () => 'what was measured began before the last move'),
      'pool.concurrency is on trial',
      'pool.concurrency stays at 36',
    ])
  })

  it('compares with what would have been measured without the move where the p95 was rising', () => {
    const risen = (p95s: readonly number[]) => {
      const pool = new Looked(scripted([move(36)], 1), 40)
      pool.window({ ms: 400 }, { rise: 150 })
      for (const ms of p95s) pool.window({ ms })
      return pool.value
    }
    expect(risen([550, 700])).toBe(36)
    expect(risen([550, 900])).toBe(40)
  })

  it('waits no longer than 6 windows, and not for what is no duration', () => {
    const pool = new Looked(scripted([move(36)]), 40)
    pool.window({ ms: 1e6 })
    const bad = Array.from({ length: 8 }, () => pool.window({ ms: 2e6 }))
    expect(bad.map(({ move }) => move?.type)).toEqual([...Array.from({ length: 7 }, () => undefined), 'revert'])
    const goals = [{ metric: 'depth', p95AtMost: 1e5 }]
    const depth = new MetricSet()
    for (let i = 0; i < 60; i++) depth.observe('depth', 1e6)
    expect(settlingMs({ ...OBJECTIVE, goals }, windowOf(depth, WINDOW_MS))).toBe(0)
    expect(settlingMs(OBJECTIVE, windowWith({ ms: 1_000 }))).toBeCloseTo(1_000, -2)
  })

  it('leaves a value that was taken back alone for 10 minutes, no more than 60 windows, and no less than 6', () => {
    const blocked = (elapsedMs: number) => {
      const pool = new Looked(scripted(Array.from({ length: 100 }, () => move(48))), 40)
      const window = (measures: typeof GOOD) =>
        pool.window(measures, { window: { ...windowWith(measures), elapsedMs }, elapsedMs })
      window(GOOD)
      window(SLOW)
      window(SLOW)
      let windows = 1
      while (window(GOOD).move === undefined) windows++
      return windows * elapsedMs
    }
    expect(blocked(10_000)).toBe(600_000)
    expect(blocked(1_000)).toBe(60 * 1_000)
    expect(blocked(600_000)).toBe(6 * 600_000)
  })

  it('freezes after 3 steps in a row that had to be taken back, and goes on when it is released', () => {
    const pool = new Looked(liar('step'), 20)
    for (let i = 0; i < 20 && !pool.state.frozen; i++) pool.window(pool.value > 20 ? SLOW : GOOD)
    expect(pool.state).toMatchObject({ frozen: true, revertsInRow: 3 })
    expect(pool.value).toBe(20)
    expect(pool.window(GOOD)).toMatchObject({ move: undefined, note: expect.stringMatching(/^frozen: 3 moves/) })
    pool.state = { ...pool.state, revertsInRow: 0 }
    expect(pool.window(GOOD).note).toBe('frozen by hand')
    pool.state = { ...pool.state, frozen: false, revertsInRow: 0 }
    expect(pool.window(GOOD).move).toBeDefined()
  })

  it('a probe counts only when it goes the same way again: a hill is walked down once on each side', () => {
    const pool = new Looked(scripted([move(48, 'probe'), move(33, 'probe'), move(44, 'probe'), move(46)]), 40)
    const reverts: number[] = []
    for (let i = 0; i < 12; i++) {
      pool.window(pool.value === 40 ? GOOD : SLOW)
      reverts.push(pool.state.revertsInRow)
    }
    expect([...new Set(reverts)]).toEqual([0, 1, 2])
  })

  it('lifts what was taken back when load or capacity changed, but not what was a moment ago', () => {
    const insists: TuningStrategy = {
      ...scripted([]),
      propose: () => ({ proposal: move(48), memory: null, changed: true }),
    }
    const pool = new Looked(insists, 40)
    for (const measures of [GOOD, SLOW, SLOW]) pool.window(measures)
    expect(pool.value).toBe(40)
    const windows = Array.from({ length: 9 }, () => pool.window(GOOD).move?.newValue)
    // Six windows are a moment, and in the seventh it is still asked with what was blocked before.
    expect(windows).toEqual([...Array.from({ length: 6 }, () => undefined), 48, undefined, undefined])
  })

  it.each(['probe', 'step'] as const)('a strategy that says at every %s that the load changed is frozen', (kind) => {
    const moves = liar(kind)
    const pool = new Looked({ ...moves, propose: (...at) => ({ ...moves.propose(...at), changed: true }) }, 20)
    for (let i = 0; i < 40 && !pool.state.frozen; i++) pool.window(pool.value > 20 ? SLOW : GOOD)
    expect(pool.state.frozen).toBe(true)
  })

  it.each(['probe', 'undo'] as const)('a strategy that calls every step %s is frozen all the same', (kind) => {
    const pool = new Looked(liar(kind), 20)
    for (let i = 0; i < 40 && !pool.state.frozen; i++) pool.window(pool.value > 20 ? SLOW : GOOD)
    expect(pool.state.frozen).toBe(true)
    expect(pool.value).toBe(20)
  })

  it('undoing is exact and not on trial, but only from where the last move that was kept led to', () => {
    const pool = new Looked(scripted([move(32), move(40, 'undo'), move(30, 'undo')]), 40)
    for (let i = 0; i < 3; i++) pool.window(GOOD)
    expect(pool.verdicts[2]!.move).toMatchObject({ type: 'undo', newValue: 40 })
    expect(pool.state.trial).toBeUndefined()
    pool.window(GOOD)
    expect(pool.value).toBe(32)
    expect(pool.state.trial).toMatchObject({ newValue: 32, kind: 'step' })
  })

  it('a good step stays, and ends the row', () => {
    const pool = new Looked(scripted([move(48), move(46)]), 40)
    pool.window(GOOD)
    pool.window(SLOW)
    pool.window(SLOW)
    expect(pool.state.revertsInRow).toBe(1)
    for (let i = 0; i < 3; i++) pool.window(GOOD)
    expect(pool.state).toMatchObject({ revertsInRow: 0, kept: { oldValue: 40, newValue: 46 } })
  })
})
