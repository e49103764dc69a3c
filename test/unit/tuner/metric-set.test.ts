import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MetricSet, reportBytes } from '#tuner/metric-set'

const anyObservation = fc.tuple(
  fc.constantFrom('request_ms', 'ok', 'x'),
  fc.oneof(fc.boolean(), fc.double({ min: 0, max: 1e6, noNaN: true })),
)
const ALL = Number.POSITIVE_INFINITY

describe('MetricSet', () => {
  it('reported in parts of any size and added up elsewhere, it is what was observed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyObservation, fc.option(fc.integer({ min: 0, max: 80 }))), { maxLength: 60 }),
        (steps) => {
          const [observing, everything, elsewhere] = [new MetricSet(), new MetricSet(), new MetricSet()]
          for (const [[metric, value], taken] of steps) {
            observing.observe(metric, value)
            everything.observe(metric, value)
            if (taken === null) continue
            const reports = observing.take(taken)
            expect(reports.reduce((sum, report) => sum + reportBytes(report), 0)).toBeLessThanOrEqual(taken)
            elsewhere.add(reports)
          }
          elsewhere.add(observing.take(ALL))
          expect(observing.reports()).toEqual([])
          const sorted = (set: MetricSet) => set.reports().toSorted((a, b) => (a.metric < b.metric ? -1 : 1))
          expect(sorted(elsewhere)).toEqual(sorted(everything))
        },
      ),
    )
  })

  it('takes the metrics in turn when the bytes do not last for all', () => {
    const set = new MetricSet()
    const observeAll = () => {
      for (const metric of ['a', 'b', 'c']) set.observe(metric, 1)
    }
    const bytes = reportBytes({ metric: 'a', good: 0, bad: 0, buckets: [[1, 1]] })
    const taken: string[] = []
    for (let i = 0; i < 6; i++) {
      observeAll()
      taken.push(...set.take(bytes).map(({ metric }) => metric))
    }
    expect(taken).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('lets no small metric overtake a large one', () => {
    const set = new MetricSet()
    for (let ms = 1; ms < 1_000; ms += 10) set.observe('large', ms)
    set.observe('small', 1)
    expect(set.take(100)).toEqual([])
    expect(set.take(500).map(({ metric }) => metric)).toEqual(['large', 'small'])
  })

  it('tells rates from distributions', () => {
    const set = new MetricSet()
    for (const ok of [true, true, true, false]) set.observe('ok', ok)
    for (const ms of [10, 10, 10, 30]) set.observe('ms', ms)
    expect(set.view('ok', 2_000)).toMatchObject({ samples: 4, perSecond: 2, successRate: 0.75, p95: undefined })
    const ms = set.view('ms', 2_000)!
    expect(ms).toMatchObject({ samples: 4, successRate: undefined })
    expect(ms.mean).toBeCloseTo(15, 1)
    expect(ms.p50).toBeCloseTo(10, 0)
    expect(set.view('other', 1)).toBeUndefined()
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 'x' as unknown as number])('refuses %s', (value) => {
    expect(() => new MetricSet().observe('ms', value)).toThrow(/METRIC_INVALID|neither/)
  })

  it('refuses one metric too many, and takes none from others', () => {
    const set = new MetricSet()
    for (let i = 0; i < 64; i++) set.observe(`m${i}`, 1)
    expect(() => set.observe('m64', 1)).toThrow(/would be metric 65/)
    set.add([{ metric: 'm64', good: 1, bad: 0, buckets: [] }])
    expect(set.names()).toHaveLength(64)
  })
})
