import type { Origin, Sequence } from '#core/identity'
import { COVERAGE_RANGES_MAX } from '#core/limits'
import type { Coverage, Hash64, OriginCoverage, SequenceRange } from '#core/protocol'
import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'
import type { MessagePackWriter } from './writer.ts'

const WORD_MAX = 0xffff_ffff

export type DotList = readonly (readonly [Origin, Sequence])[]

export function writeHash(to: MessagePackWriter, hash: Hash64): void {
  to.integer(hash[0])
  to.integer(hash[1])
}

export const readHash = (from: MessagePackReader): Hash64 => [from.unsigned(WORD_MAX), from.unsigned(WORD_MAX)]

export function writeCoverage(to: MessagePackWriter, coverage: Coverage): void {
  to.array(coverage.length)
  for (const entry of coverage) writeEntry(to, entry)
}

/** A coverage in code-unit order of its origins, each entry in its one canonical form. */
export function readCoverage(from: MessagePackReader): Coverage {
  const coverage = readEntries(from, true)
  let ranges = 0
  for (const entry of coverage) ranges += entry.ranges.length
  if (ranges > COVERAGE_RANGES_MAX) malformed(`a coverage has over ${COVERAGE_RANGES_MAX} ranges`)
  return coverage
}

/** Dots as ranges, origins in code-unit order; `contiguous` is 0 where the ranges begin at the first dot themselves. */
export const readDots = (from: MessagePackReader): readonly OriginCoverage[] => readEntries(from, false)

/** Entries in any order, no origin twice. */
export function readRecent(from: MessagePackReader, originsMax: number, rangesMax: number): readonly OriginCoverage[] {
  const length = from.array()
  if (length > originsMax) malformed(`over ${originsMax} recent origins`)
  const recent: OriginCoverage[] = []
  for (let i = 0; i < length; i++) {
    const entry = readEntry(from, true)
    if (entry.ranges.length > rangesMax) malformed(`a recent origin has over ${rangesMax} ranges`)
    if (recent.some((other) => other.origin === entry.origin)) malformed('a recent origin is listed twice')
    recent.push(entry)
  }
  return recent
}

/** [origin, sequence, origin, sequence …] */
export function writeDotList(to: MessagePackWriter, dots: DotList): void {
  to.array(2 * dots.length)
  for (const [origin, sequence] of dots) {
    to.origin(origin)
    to.integer(sequence)
  }
}

export function readDotList(from: MessagePackReader): DotList {
  const length = from.array()
  if (length % 2 !== 0) malformed('a list of dots has an origin without a sequence')
  const dots: (readonly [Origin, Sequence])[] = []
  let previous = ''
  for (let i = 0; i < length; i += 2) {
    const origin = from.origin()
    if (origin <= previous) malformed('the origins of a list of dots do not ascend')
    dots.push([origin, from.sequence()])
    previous = origin
  }
  return dots
}

/** [origin, contiguous, from, to, from, to …] */
function writeEntry(to: MessagePackWriter, entry: OriginCoverage): void {
  to.array(2 + 2 * entry.ranges.length)
  to.origin(entry.origin)
  to.integer(entry.contiguous)
  for (const [first, last] of entry.ranges) {
    to.integer(first)
    to.integer(last)
  }
}

function readEntries(from: MessagePackReader, canonical: boolean): readonly OriginCoverage[] {
  const length = from.array()
  const entries: OriginCoverage[] = []
  let previous = ''
  for (let i = 0; i < length; i++) {
    const entry = readEntry(from, canonical)
    if (entry.origin <= previous) malformed('the origins of a coverage do not ascend')
    entries.push(entry)
    previous = entry.origin
  }
  return entries
}

function readEntry(from: MessagePackReader, canonical: boolean): OriginCoverage {
  const length = from.array()
  if (length < 2 || length % 2 !== 0) malformed('an entry of a coverage is an origin, a count and pairs')
  const origin = from.origin()
  const contiguous = from.unsigned(Number.MAX_SAFE_INTEGER)
  return {
    origin,
    contiguous,
    ranges: length === 2 ? NO_RANGES : readRanges(from, length / 2 - 1, contiguous, canonical),
  }
}

const NO_RANGES: readonly SequenceRange[] = Object.freeze([])

function readRanges(from: MessagePackReader, count: number, contiguous: number, canonical: boolean): SequenceRange[] {
  const ranges: SequenceRange[] = []
  // The least that the next range may begin with: never adjacent, except that dots may begin right at 1.
  let least = canonical ? contiguous + 2 : contiguous + 1
  for (let i = 0; i < count; i++) {
    const first = from.unsigned(Number.MAX_SAFE_INTEGER)
    const last = from.unsigned(Number.MAX_SAFE_INTEGER)
    if (first < least || last < first) malformed('the ranges of a coverage do not ascend with gaps between them')
    ranges.push([first, last])
    least = last + 2
  }
  return ranges
}
