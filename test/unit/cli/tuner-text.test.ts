import pico from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { TunerAnswer } from '#cli/answers'
import { adjustmentLine, explanationLines, goalText, measuredText } from '#cli/tuner-text'

const measured = { samples: 1_200, perSecond: 120, mean: 90, p50: 80, p95: 251.3, p99: 400, successRate: null }
const answer: TunerAnswer = {
  mode: 'active',
  epoch: 3,
  windowMs: 10_000,
  total: 1,
  objectives: [
    {
      name: 'pool',
      strategy: 'rules',
      note: 'pool.size is on trial',
      frozen: false,
      pauseLeft: 0,
      revertsInRow: 1,
      trial: { parameter: 'pool.size', oldValue: 32, newValue: 26, windows: 1 },
      blocked: [{ parameter: 'pool.size', value: 40, leftMs: 90_000 }],
      goals: [{ metric: 'request_ms', p95AtMost: 200, rateAtLeast: null, raise: null, standing: 'missed', measured }],
      parameters: [
        { parameter: 'pool.size', value: 26, min: 1, max: 64, step: 1, owner: null, held: null },
        { parameter: 'pool.queue', value: 9, min: 1, max: 64, step: 1, owner: null, held: 'set by a person on b' },
      ],
    },
  ],
  adjustments: [
    {
      kind: 'adjust',
      objective: 'pool',
      section: 'pool',
      parameter: 'size',
      oldValue: 32,
      newValue: 26,
      reason: 'p95 over its goal',
      epoch: 3,
      nodeId: 'a',
      at: 0,
      measured: null,
    },
  ],
}

describe('what the tuner command says', () => {
  it('of a goal and what was measured', () => {
    const [goal] = answer.objectives[0]!.goals
    expect(goalText(goal!)).toBe('request_ms p95 ≤ 200')
    expect(measuredText(goal!)).toBe('251.3 of 1200 samples')
    expect(measuredText({ ...goal!, measured: null })).toBe('nothing')
    expect(goalText({ ...goal!, p95AtMost: null, rateAtLeast: 0.99 })).toBe('request_ms ≥ 0.99')
  })

  it('of an adjustment', () => {
    expect(adjustmentLine(answer.adjustments[0]!, pico.createColors(false))).toBe(
      '1970-01-01T00:00:00.000Z  pool.size  32 → 26  by a in reign 3  p95 over its goal',
    )
  })

  it('in sentences, of everything or of one parameter', () => {
    expect(explanationLines(answer, undefined)).toEqual([
      'This node coordinates: every 10 s it judges what all nodes measured, and publishes what it decides.',
      'pool: pool.size is on trial.',
      '  pool.size went from 32 to 26 and is on trial: 1 of 2 windows judged.',
      '  request_ms p95 ≤ 200: missed, measured 251.3 of 1200 samples.',
      '  pool.size is 26: moved last from 32, because: p95 over its goal.',
      '    40 was taken back and is not tried for 2 min more.',
      '  pool.queue is 9: left alone, set by a person on b.',
    ])
    expect(explanationLines(answer, 'pool.queue').at(-1)).toBe('  pool.queue is 9: left alone, set by a person on b.')
    expect(explanationLines(answer, 'other.one')).toEqual(['other.one belongs to no objective of this tuner.'])
  })
})
