import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Samples } from '#sim/report/samples'

const samplesOf = (values: readonly number[]): Samples => {
  const samples = new Samples()
  for (const value of values) samples.add(value)
  return samples
}

describe('samples', () => {
  it('have percentiles by nearest rank', () => {
    const hundred = samplesOf(Array.from({ length: 100 }, (_, i) => 100 - i))
    expect(hundred.percentiles()).toEqual({ count: 100, p50: 50, p90: 90, p99: 99, max: 100 })
    expect(samplesOf([7]).percentiles()).toEqual({ count: 1, p50: 7, p90: 7, p99: 7, max: 7 })
    expect(samplesOf([]).percentiles()).toEqual({ count: 0, p50: null, p90: null, p99: null, max: null })
  })

  it('a percentile is a measured value that at least its share does not exceed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const samples = samplesOf(values)
          const quantile = samples.quantile(share)!
          expect(values).toContain(quantile)
          expect(samples.upTo(quantile)).toBeGreaterThanOrEqual(share * values.length - 1e-9)
          expect(samples.upTo(quantile - 0.5)).toBeLessThan(share * values.length)
        },
      ),
    )
  })

  it('count what is at most a limit, whenever more is added', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.array(fc.nat(20)), fc.nat(20), (first, then, limit) => {
        const samples = samplesOf(first)
        expect(samples.upTo(limit)).toBe(first.filter((value) => value <= limit).length)
        for (const value of then) samples.add(value)
        expect(samples.upTo(limit)).toBe([...first, ...then].filter((value) => value <= limit).length)
      }),
    )
  })
})
