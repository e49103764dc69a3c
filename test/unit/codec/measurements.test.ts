import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '#codec/frame'
import type { Measurements, MetricReport } from '#core/protocol'

const report = (more: Partial<MetricReport> = {}): MetricReport => ({
  metric: 'request_ms',
  good: 0,
  bad: 0,
  buckets: [],
  ...more,
})
const read = (measurements: Measurements) => {
  const frame = decodeFrame(encodeFrame([{ type: 'measurements', measurements }], 1_000_000).bytes)
  return frame.outcome === 'rejected' ? frame.code : frame.messages[0]
}

describe('measurements on the wire', () => {
  it('come back as they were sent', () => {
    const measurements = {
      elapsedMs: 1_000,
      metrics: [
        report({ metric: 'ok', good: 49, bad: 1 }),
        report({
          buckets: [
            [0, 1],
            [31, 7],
            [1_023, 2],
          ],
        }),
      ],
    }
    expect(read(measurements)).toEqual({ type: 'measurements', measurements })
  })

  it.each<[string, Measurements]>([
    ['over 64 metrics', { elapsedMs: 1, metrics: Array.from({ length: 65 }, (_, i) => report({ metric: `m${i}` })) }],
    ['a metric twice', { elapsedMs: 1, metrics: [report(), report()] }],
    ['a metric without a name', { elapsedMs: 1, metrics: [report({ metric: '' })] }],
    ['a bucket beyond the last', { elapsedMs: 1, metrics: [report({ buckets: [[1_024, 1]] })] }],
    [
      'buckets beyond the last together',
      {
        elapsedMs: 1,
        metrics: [
          report({
            buckets: [
              [1_000, 1],
              [1_024, 1],
            ],
          }),
        ],
      },
    ],
    [
      'a bucket twice',
      {
        elapsedMs: 1,
        metrics: [
          report({
            buckets: [
              [5, 1],
              [5, 1],
            ],
          }),
        ],
      },
    ],
    ['an empty bucket', { elapsedMs: 1, metrics: [report({ buckets: [[5, 0]] })] }],
    ['a negative time', { elapsedMs: -1, metrics: [] }],
    ['more than a day', { elapsedMs: 86_400_001, metrics: [] }],
  ])('%s is refused', (_, measurements) => {
    expect(read(measurements)).toBe('FRAME_MALFORMED')
  })
})
