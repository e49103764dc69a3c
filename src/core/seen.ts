import { HashSum, hashContiguous, hashRange, hashString, result } from './digest.ts'
import type { Origin, Sequence } from './identity.ts'
import { LiveList } from './live-list.ts'
import type { Coverage, Hash64, OriginCoverage, SequenceRange } from './protocol.ts'

const UNSEEN = { contiguous: 0, ranges: [] } as const

/** What this node knows of one origin. */
export class OriginState {
  readonly origin: Origin
  readonly hash1: number
  readonly hash2: number
  /** 1 … contiguous are covered */
  contiguous = 0
  /** hash of that, kept because it is taken out of the digest as often as put in */
  contiguousHash1 = 0
  contiguousHash2 = 0
  /** covered beyond a hole: ascending, disjoint, never adjacent to each other or to `contiguous` */
  readonly ranges: [from: number, to: number][] = []
  /** elapsed time of the last change */
  changedAtMs = 0
  /** what was covered before the present spell of changes began */
  settled: Pick<OriginCoverage, 'contiguous' | 'ranges'> = UNSEEN
  /** the end of the last range whose hole was asked about */
  holeAskedTo = 0
  readonly live = new LiveList()

  constructor(origin: Origin) {
    this.origin = origin
    hashString(origin)
    this.hash1 = result.lane1
    this.hash2 = result.lane2
  }

  covers(sequence: number): boolean {
    if (sequence <= this.contiguous) return true
    if (this.ranges.length === 0) return false
    const range = this.ranges[rangeFrom(this.ranges, sequence)]
    return range !== undefined && range[0] <= sequence
  }

  coverage(): OriginCoverage {
    return { origin: this.origin, contiguous: this.contiguous, ranges: this.ranges.map(([from, to]) => [from, to]) }
  }
}

/** The first range that ends at or after `sequence`. */
function rangeFrom(ranges: readonly SequenceRange[], sequence: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranges[middle]![1] < sequence) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * A node's version vector: which dots are here or superseded here, with the holes that loss leaves, and the digest of it
 * all. The digest is a sum over each origin's contiguous part and each range, so that one more dot costs the same however
 * many holes there are.
 */
export class Seen {
  readonly origins = new Map<Origin, OriginState>()
  readonly digest = new HashSum()
  /** elapsed time that changes are stamped with; the owner keeps it up to date */
  nowMs = 0
  /** heartbeats list the origins that changed since; kept up to date likewise */
  recentSinceMs = 0
  /** counts changes, so that somebody who compares knows whether there is anything new */
  version = 0
  /** what a store must write; undefined on a node without one */
  unsaved: Set<OriginState> | undefined
  /** those that changed lately, and some whose time is over */
  private readonly changing = new Set<OriginState>()

  /** The state of an origin, made when it is new. */
  state(origin: Origin): OriginState {
    let state = this.origins.get(origin)
    if (state === undefined) {
      state = new OriginState(origin)
      this.origins.set(origin, state)
    }
    return state
  }

  covers(origin: Origin, sequence: Sequence): boolean {
    return this.origins.get(origin)?.covers(sequence) ?? false
  }

  /** Covers one more dot. False when it was covered already. */
  add(state: OriginState, sequence: number): boolean {
    if (sequence === state.contiguous + 1) {
      this.raise(state, sequence)
      return true
    }
    if (state.covers(sequence)) return false
    this.coverRange(state, sequence, sequence)
    return true
  }

  /** Covers 1 … contiguous. */
  raise(state: OriginState, contiguous: number): void {
    if (contiguous <= state.contiguous) return
    this.beginSpell(state)
    let reached = contiguous
    while (state.ranges.length > 0 && state.ranges[0]![0] <= reached + 1) {
      const [from, to] = state.ranges.shift()!
      this.subtractRange(state, from, to)
      reached = Math.max(reached, to)
    }
    if (state.contiguous > 0) this.digest.subtract(state.contiguousHash1, state.contiguousHash2)
    state.contiguous = reached
    this.touch(state)
    hashContiguous(state.hash1, state.hash2, reached)
    state.contiguousHash1 = result.lane1 | 0
    state.contiguousHash2 = result.lane2 | 0
    this.digest.add(result.lane1, result.lane2)
  }

  /** Covers from … to; what lies between `contiguous` and `from` stays a hole. */
  coverRange(state: OriginState, from: number, to: number): void {
    if (to <= state.contiguous) return
    if (from <= state.contiguous + 1) {
      this.raise(state, to)
      return
    }
    this.beginSpell(state)
    this.insertRange(state, from, to)
    this.touch(state)
  }

  private beginSpell(state: OriginState): void {
    if (state.changedAtMs >= this.recentSinceMs) return
    const { contiguous, ranges } = state
    state.settled = { contiguous, ranges: ranges.length === 0 ? UNSEEN.ranges : ranges.map(([from, to]) => [from, to]) }
  }

  private touch(state: OriginState): void {
    state.changedAtMs = this.nowMs
    this.version++
    this.changing.add(state)
    this.unsaved?.add(state)
  }

  /** The origins that changed since `recentSinceMs`: a few, however many there are. */
  recent(): Iterable<OriginState> {
    for (const state of this.changing) if (state.changedAtMs < this.recentSinceMs) this.changing.delete(state)
    return this.changing
  }

  private insertRange(state: OriginState, from: number, to: number): void {
    const { ranges } = state
    const start = rangeFrom(ranges, from - 1)
    let end = start
    let low = from
    let high = to
    while (end < ranges.length && ranges[end]![0] <= to + 1) {
      const [touchedFrom, touchedTo] = ranges[end++]!
      this.subtractRange(state, touchedFrom, touchedTo)
      low = Math.min(low, touchedFrom)
      high = Math.max(high, touchedTo)
    }
    ranges.splice(start, end - start, [low, high])
    hashRange(state.hash1, state.hash2, low, high)
    this.digest.add(result.lane1, result.lane2)
  }

  private subtractRange(state: OriginState, from: number, to: number): void {
    hashRange(state.hash1, state.hash2, from, to)
    this.digest.subtract(result.lane1, result.lane2)
  }

  /** Everything covered, in code-unit order of the origins. */
  coverage(rangesMax: number): Coverage {
    const entries: OriginCoverage[] = []
    let ranges = rangesMax
    for (const state of this.sorted()) {
      const entry = state.coverage()
      // Leaving ranges out understates what is here, which costs a repetition and is never wrong.
      entries.push(entry.ranges.length <= ranges ? entry : { ...entry, ranges: entry.ranges.slice(0, ranges) })
      ranges = Math.max(0, ranges - entry.ranges.length)
    }
    return entries
  }

  sorted(): OriginState[] {
    return [...this.origins.values()]
      .filter((state) => state.contiguous > 0 || state.ranges.length > 0)
      .sort((a, b) => (a.origin < b.origin ? -1 : 1))
  }

  /** Covers everything that `coverage` covers. */
  join(coverage: Coverage): void {
    for (const { origin, contiguous, ranges } of coverage) {
      const state = this.state(origin)
      this.raise(state, contiguous)
      for (const [from, to] of ranges) this.coverRange(state, from, to)
    }
  }

  includes(coverage: Coverage): boolean {
    return coverage.every((entry) => this.includesOrigin(entry))
  }

  private includesOrigin({ origin, contiguous, ranges }: OriginCoverage): boolean {
    const state = this.origins.get(origin)
    if (state === undefined) return contiguous === 0 && ranges.length === 0
    return coversRange(state, 1, contiguous) && ranges.every(([from, to]) => coversRange(state, from, to))
  }

  /** The digest without the listed origins. */
  digestWithout(origins: readonly OriginCoverage[]): Hash64 {
    const sum = new HashSum()
    sum.add(this.digest.lane1, this.digest.lane2)
    for (const { origin } of origins) {
      const state = this.origins.get(origin)
      if (state) takeOut(sum, state, state.contiguous, state.ranges)
    }
    return sum.value()
  }

  /**
   * The same as a node has it that lacks what changed here lately of the origins that are not listed: had they changed
   * there too, it would list them.
   */
  settledDigestWithout(origins: readonly OriginCoverage[]): Hash64 {
    const sum = new HashSum()
    sum.add(...this.digestWithout(origins))
    const listed = new Set(origins.map(({ origin }) => origin))
    for (const state of this.recent()) {
      if (listed.has(state.origin)) continue
      takeOut(sum, state, state.contiguous, state.ranges)
      putIn(sum, state, state.settled.contiguous, state.settled.ranges)
    }
    return sum.value()
  }
}

function coversRange(state: OriginState, from: number, to: number): boolean {
  if (to <= state.contiguous || to < from) return true
  const start = Math.max(from, state.contiguous + 1)
  const range = state.ranges[rangeFrom(state.ranges, to)]
  return range !== undefined && range[0] <= start
}

function takeOut(sum: HashSum, state: OriginState, contiguous: number, ranges: readonly SequenceRange[]): void {
  const { hash1, hash2 } = state
  // What others list is mostly what is here too.
  if (contiguous > 0 && contiguous === state.contiguous) sum.subtract(state.contiguousHash1, state.contiguousHash2)
  else if (contiguous > 0) {
    hashContiguous(hash1, hash2, contiguous)
    sum.subtract(result.lane1, result.lane2)
  }
  for (const [from, to] of ranges) {
    hashRange(hash1, hash2, from, to)
    sum.subtract(result.lane1, result.lane2)
  }
}

function putIn(
  sum: HashSum,
  { hash1, hash2 }: OriginState,
  contiguous: number,
  ranges: readonly SequenceRange[],
): void {
  if (contiguous > 0) {
    hashContiguous(hash1, hash2, contiguous)
    sum.add(result.lane1, result.lane2)
  }
  for (const [from, to] of ranges) {
    hashRange(hash1, hash2, from, to)
    sum.add(result.lane1, result.lane2)
  }
}

/** Another node's digest without the origins that it lists. */
export function digestWithoutListed(digest: Hash64, listed: readonly OriginCoverage[], seen: Seen): Hash64 {
  const sum = new HashSum()
  sum.add(digest[0], digest[1])
  for (const { origin, contiguous, ranges } of listed)
    takeOut(sum, seen.origins.get(origin) ?? new OriginState(origin), contiguous, ranges)
  return sum.value()
}

/** Of each origin the part that all coverages have without a hole. */
export function leastCoverage(coverages: readonly Coverage[]): Coverage {
  const [first, ...others] = coverages
  if (first === undefined) return []
  const maps = others.map((coverage) => new Map(coverage.map((entry) => [entry.origin, entry.contiguous])))
  return first
    .map(({ origin, contiguous }) => ({
      origin,
      contiguous: Math.min(contiguous, ...maps.map((map) => map.get(origin) ?? 0)),
      ranges: [],
    }))
    .filter(({ contiguous }) => contiguous > 0)
}

/** Answers "does this coverage have the dot?" for one origin after another. */
export class CoverageIndex {
  private readonly byOrigin: ReadonlyMap<Origin, OriginCoverage>

  constructor(coverage: Coverage) {
    this.byOrigin = new Map(coverage.map((entry) => [entry.origin, entry]))
  }

  contiguous(origin: Origin): number {
    return this.byOrigin.get(origin)?.contiguous ?? 0
  }

  covers(origin: Origin, sequence: number): boolean {
    const entry = this.byOrigin.get(origin)
    if (entry === undefined) return false
    if (sequence <= entry.contiguous) return true
    const range = entry.ranges[rangeFrom(entry.ranges, sequence)]
    return range !== undefined && range[0] <= sequence
  }
}
