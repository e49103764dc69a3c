import { describe, expect, it } from 'vitest'
import { Trend } from '#tuner/trend'

function riseOf(p95s: readonly (number | undefined)[]): number {
  const trend = new Trend()
  for (const p95 of p95s) trend.add(p95)
  return trend.rise
}

describe('the trend of a p95', () => {
  it.each([
    ['two windows are none', [100, 200], 0],
    ['a queue that grows', [100, 200, 320], 100],
    ['only the latest three count', [900, 100, 200, 320], 100],
    ['one that fell between', [100, 90, 320], 0],
    ['noise that happens to rise', [100, 110, 120], 0],
    ['one that falls', [300, 200, 100], 0],
    ['a window without a p95 begins anew', [100, undefined, 200, 320], 0],
  ])('%s', (_what, p95s, rise) => {
    expect(riseOf(p95s)).toBe(rise)
  })
})
