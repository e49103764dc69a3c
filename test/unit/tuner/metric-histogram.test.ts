import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MetricHistogram } from '#tuner/metric-histogram'

const anyValue = fc.oneof(
  fc.double({ min: 0, max: 1_000, noNaN: true }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.constantFrom(0, 0.001, 1, 1e12),
)

function recorded(values: readonly number[]): MetricHistogram {
  const histogram = new MetricHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

/** Within a bucket: 1/16 of the power of two that the value is in, or two thousandths. */
const expectNear = (found: number, exact: number): void =>
  expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(0.002, exact / 15))

describe('MetricHistogram', () => {
  it('merged from the reports of several nodes is the one that recorded everything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyValue), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (nodes, share) => {
          const everything = recorded(nodes.flat())
          const merged = new MetricHistogram()
          for (const values of nodes) merged.add(recorded(values).buckets())
          expect(merged.samples).toBe(everything.samples)
          expect(merged.buckets()).toEqual(everything.buckets())
          if (everything.samples === 0) expect(merged.percentile(share)).toBeUndefined()
          else expectNear(merged.percentile(share)!, everything.percentile(share)!)
        },
      ),
    )
  })

  it('a percentile is right to a bucket, 1/16 of its power of two', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const ascending = values.map((value) => Math.round(value * 1_000) / 1_000).sort((a, b) => a - b)
        const exact = ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]!
        expectNear(recorded(values).percentile(share)!, exact)
      }),
    )
  })

  it('takes what is below 0 as 0, and what is beyond counting as the last value that the wire can name', () => {
    expect(recorded([-5]).percentile(0.5)).toBe(0)
    const [bucket] = recorded([Number.MAX_VALUE]).buckets()
    expect(bucket![1]).toBe(1)
    expect(recorded([Number.MAX_VALUE]).percentile(1)!).toBeLessThanOrEqual(2 ** 53 / 1_000)
  })

  it('has a mean, and forgets everything when it is cleared', () => {
    const histogram = recorded([10, 20, 30])
    expect(histogram.mean).toBeCloseTo(20, 6)
    histogram.clear()
    expect([histogram.samples, histogram.mean, histogram.percentile(0.5), histogram.buckets()]).toEqual([
      0,
      undefined,
      undefined,
      [],
    ])
    histogram.record(7)
    expect(histogram.percentile(0.95)).toBeCloseTo(7, 1)
  })
})
