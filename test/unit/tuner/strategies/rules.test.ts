import { describe, expect, it } from 'vitest'
import { look } from '#tuner/look'
import { MetricSet } from '#tuner/metric-set'
import type { Objective } from '#tuner/objective'
import { rulesStrategy } from '#tuner/strategies/rules'
import type { Tunable } from '#tuner/strategy'
import { INITIAL_STATE, type TuningState } from '#tuner/tuning-state'
import { windowOf } from '#tuner/window'
import { Looked, tunable, WINDOW_MS } from '../tuning-fixture.ts'

const [MISSED, MET, EASY, FAILING] = [{ ms: 130 }, { ms: 90 }, { ms: 50 }, { ms: 90, failed: 6 }]

/** The numbers of the windows after which it moved, and to which value. */
function moves(pool: Looked, windows: readonly Parameters<Looked['window']>[0][]): [number, number][] {
  return windows.flatMap((measures, index) => {
    const { move } = pool.window(measures)
    return move === undefined ? [] : [[index + 1, move.newValue] as [number, number]]
  })
}

describe('rules', () => {
  it('acts when a p95 was missed in 3 windows in a row, and pauses for 3 after a move', () => {
    const pool = new Looked(rulesStrategy, 40)
    const steps = moves(pool, [MISSED, MISSED, MET, ...Array.from({ length: 11 }, () => MISSED)])
    // Two for the trial, one more, and three that count.
    expect(steps).toEqual([
      [6, 32],
      [12, 26],
    ])
  })

  it('acts when a success rate was missed in 2', () => {
    expect(moves(new Looked(rulesStrategy, 40), [FAILING, MET, FAILING, FAILING])).toEqual([[4, 32]])
  })

  it('gives back after 6 windows far under the goal, by half a step where that turns the direction', () => {
    const pool = new Looked(rulesStrategy, 40)
    const windows = [...Array.from({ length: 6 }, () => MISSED), ...Array.from({ length: 8 }, () => EASY)]
    expect(moves(pool, windows)).toEqual([
      [3, 32],
      [12, 35],
    ])
  })

  it('goes half as far after a step that was taken back, and further while steps help', () => {
    const pool = new Looked(rulesStrategy, 80)
    const [worse, better] = [{ ms: 200 }, { ms: 120 }]
    const windows = [MISSED, MISSED, MISSED, worse, worse, ...Array.from({ length: 24 }, () => better)]
    expect(moves(pool, windows)).toEqual([
      [3, 64],
      [5, 80],
      [9, 72],
      [15, 61],
      [21, 49],
      [27, 40],
    ])
  })

  it('does nothing within the dead band', () => {
    const band = Array.from({ length: 30 }, (_, i) => ({ ms: i % 2 === 0 ? 107 : 75 }))
    expect(moves(new Looked(rulesStrategy, 40), band)).toEqual([])
  })
})

describe('rules with several parameters', () => {
  const objective: Objective = {
    name: 'mesh',
    goals: [{ metric: 'ms', p95AtMost: 100 }],
    parameters: ['m.batch', 'm.wire'],
    breakdown: { batch: 'batch_ms', wire: 'wire_ms' },
    giveBack: 'default',
  }
  const owned = (owner: string, value: number, preset: number): Tunable =>
    tunable(value, { name: `m.${owner}`, owner, default: preset })

  function moved(
    tunables: readonly Tunable[],
    parts: Readonly<Record<string, number>>,
    windows: number,
    blocked: TuningState['blocked'] = [],
  ): string[] {
    const metrics = new MetricSet()
    for (let i = 0; i < 60; i++) for (const [metric, ms] of Object.entries(parts)) metrics.observe(metric, ms)
    const window = windowOf(metrics, WINDOW_MS)
    let state: TuningState = { ...INITIAL_STATE, blocked }
    const names: string[] = []
    for (let i = 0; i < windows; i++) {
      const at = { window, sinceTrial: window, rise: 0, elapsedMs: WINDOW_MS, stepRatioMax: 0.2 }
      const verdict = look(state, { objective, strategy: rulesStrategy, tunables, ...at })
      state = { ...verdict.state, trial: undefined }
      if (verdict.move) names.push(`${verdict.move.name} ${verdict.move.newValue}`)
    }
    return names
  }

  it('moves the one that owns the largest part of the time first', () => {
    const both = [owned('batch', 40, 40), owned('wire', 40, 40)]
    expect(moved(both, { ms: 200, batch_ms: 30, wire_ms: 170 }, 3)).toEqual(['m.wire 32'])
    expect(moved(both, { ms: 200, batch_ms: 170, wire_ms: 30 }, 3)).toEqual(['m.batch 32'])
  })

  it('leaves alone what owns next to nothing of the time, also when nothing else can be moved', () => {
    const held = { ...owned('wire', 40, 40), held: 'set by a person' }
    expect(moved([owned('batch', 40, 40), held], { ms: 200, batch_ms: 20, wire_ms: 170 }, 6)).toEqual([])
  })

  it('goes a part of a step where the whole leads to what was taken back lately', () => {
    const blocked = [{ name: 'm.batch', value: 32, leftMs: 1e9, sinceMs: 0 }]
    expect(moved([owned('batch', 40, 40)], { ms: 200, batch_ms: 170 }, 3, blocked)).toEqual(['m.batch 36'])
  })

  it('gives back towards the default only, and not beyond', () => {
    expect(moved([owned('batch', 40, 40), owned('wire', 40, 40)], { ms: 10, batch_ms: 5, wire_ms: 5 }, 20)).toEqual([])
    expect(moved([owned('batch', 40, 40), owned('wire', 30, 40)], { ms: 10, batch_ms: 5, wire_ms: 5 }, 6)).toEqual([
      'm.wire 36',
    ])
  })

  it('leaves alone what a person holds, and takes the next', () => {
    const held = { ...owned('wire', 40, 40), held: 'set by a person' }
    expect(moved([owned('batch', 40, 40), held], { ms: 200, batch_ms: 60, wire_ms: 170 }, 3)).toEqual(['m.batch 32'])
  })
})
