import { HISTOGRAM_BUCKETS_MAX, METRICS_REPORTED_MAX, NAME_BYTES_MAX } from '#core/limits'
import type { Measurements, MetricReport } from '#core/protocol'
import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'
import type { MessagePackWriter } from './writer.ts'

export const MEASUREMENTS_POSITIONS = 2
const REPORT_POSITIONS = 4
const COUNT_MAX = 2 ** 32
/** A day: what was measured longer ago says nothing about now. */
const ELAPSED_MS_MAX = 24 * 60 * 60 * 1000

export function writeMeasurements(to: MessagePackWriter, { elapsedMs, metrics }: Measurements): void {
  to.number(elapsedMs)
  to.array(metrics.length)
  for (const report of metrics) writeReport(to, report)
}

function writeReport(to: MessagePackWriter, { metric, good, bad, buckets }: MetricReport): void {
  to.array(REPORT_POSITIONS)
  to.text(metric)
  to.integer(good)
  to.integer(bad)
  to.array(2 * buckets.length)
  let last = 0
  for (const [index, count] of buckets) {
    to.integer(index - last)
    to.integer(count)
    last = index
  }
}

export function readMeasurements(from: MessagePackReader): Measurements {
  const elapsedMs = from.number()
  if (elapsedMs < 0 || elapsedMs > ELAPSED_MS_MAX) malformed(`measurements cover ${elapsedMs} ms`)
  const length = from.array()
  if (length > METRICS_REPORTED_MAX) malformed(`measurements of over ${METRICS_REPORTED_MAX} metrics`)
  const names = new Set<string>()
  const metrics = Array.from({ length }, () => {
    const report = readReport(from)
    if (names.has(report.metric)) malformed('a metric is reported twice')
    names.add(report.metric)
    return report
  })
  return { elapsedMs, metrics }
}

function readReport(from: MessagePackReader): MetricReport {
  if (from.array() !== REPORT_POSITIONS) malformed(`a metric has ${REPORT_POSITIONS} positions`)
  const metric = from.text(NAME_BYTES_MAX)
  if (metric === '') malformed('a metric has no name')
  return { metric, good: from.unsigned(COUNT_MAX), bad: from.unsigned(COUNT_MAX), buckets: readBuckets(from) }
}

/** Index differences and counts in turn, the indices ascending. */
function readBuckets(from: MessagePackReader): MetricReport['buckets'] {
  const length = from.array()
  if (length % 2 !== 0 || length > 2 * HISTOGRAM_BUCKETS_MAX) malformed(`a histogram has ${length} numbers`)
  let index = 0
  return Array.from({ length: length / 2 }, (_, i) => {
    index += from.integer(i === 0 ? 0 : 1, HISTOGRAM_BUCKETS_MAX - 1)
    if (index >= HISTOGRAM_BUCKETS_MAX) malformed(`a histogram has a bucket ${index}`)
    return [index, from.integer(1, COUNT_MAX)] as const
  })
}
