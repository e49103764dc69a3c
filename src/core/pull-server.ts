import { hash64OfText } from './digest.ts'
import type { Origin, RunId, Sequence } from './identity.ts'
import { COVERAGE_RANGES_MAX, PULL_PART_BYTES } from './limits.ts'
import type { Hash64, OriginCoverage, PullAnswer, PullRequest } from './protocol.ts'
import type { Replica } from './replica.ts'
import { CoverageIndex } from './seen.ts'
import type { Update } from './update.ts'
import { estimatedBytes } from './update-size.ts'

/** What one held dot costs in the list of a full exchange. */
const DOT_BYTES = 4
/** What one origin costs in a coverage. */
const ORIGIN_BYTES = 40

type Collected = readonly (readonly [Origin, Sequence])[]

const sortedCollected = (replica: Replica): Collected => [...replica.collected].sort(([a], [b]) => (a < b ? -1 : 1))

/**
 * What a session must not outlive: the run, because the next one may lack what the snapshot covers and no part has brought
 * yet; and `collected`, because what it covers comes with no part.
 */
function basisOf(replica: Replica, runId: RunId): Hash64 {
  const collected = sortedCollected(replica).map(([origin, sequence]) => `${origin}=${sequence}`)
  return hash64OfText([runId, ...collected].join(','))
}

/** Whether an asker holds things whose tombstones are gone here: it must compare dots (design: full exchange). */
const needsFull = (replica: Replica, asker: CoverageIndex): boolean => {
  for (const [origin, sequence] of replica.collected) if (asker.contiguous(origin) < sequence) return true
  return false
}

/**
 * One part of a pull session. The server keeps nothing: the request carries what the session is about. Parts go in
 * (origin, sequence) order, hold at least one whole group, and only the last lets the asker claim the snapshot.
 */
export function answerPull(
  replica: Replica,
  runId: RunId,
  request: PullRequest,
  partBytesMax: number = PULL_PART_BYTES,
): PullAnswer {
  const asker = new CoverageIndex(request.union ? [] : request.seen)
  const first = request.snapshot === undefined
  const snapshot = request.snapshot ?? replica.seen.coverage(COVERAGE_RANGES_MAX)
  const full = !request.union && (request.full || needsFull(replica, asker))
  const part = new Part(
    first ? snapshot.length * ORIGIN_BYTES + replica.collected.size * ORIGIN_BYTES : 0,
    full,
    partBytesMax,
  )
  const complete = part.fill(replica, asker, new CoverageIndex(snapshot), request.cursor)
  const late = complete ? lateUpdates(replica, asker, new CoverageIndex(snapshot), partBytesMax) : []
  const answer = {
    session: request.session,
    updates: part.updates,
    last: false,
    cursor: part.cursor,
    snapshot: first ? snapshot : undefined,
    collected: first ? sortedCollected(replica) : undefined,
    basis: basisOf(replica, runId),
    full,
    dots: full ? part.dots : undefined,
    columns: request.columns,
  }
  if (!complete) return answer
  // Too much came in meanwhile to fit beside: the asker starts again, with that much less to ask for.
  if (late === undefined) return { ...answer, cursor: undefined }
  return { ...answer, updates: [...part.updates, ...late], last: true, cursor: undefined }
}

/** What reached the server since the snapshot; undefined when it is more than a part. */
function lateUpdates(
  replica: Replica,
  asker: CoverageIndex,
  snapshot: CoverageIndex,
  partBytesMax: number,
): Update[] | undefined {
  const late: Update[] = []
  let bytes = 0
  for (const state of replica.seen.sorted()) {
    for (const update of state.live.from(snapshot.contiguous(state.origin) + 1)) {
      if (snapshot.covers(update.origin, update.sequence) || asker.covers(update.origin, update.sequence)) continue
      bytes += estimatedBytes(update)
      if (bytes > partBytesMax && late.length > 0) return undefined
      late.push(update)
    }
  }
  return late
}

class Part {
  readonly updates: Update[] = []
  readonly dots: OriginCoverage[] = []
  cursor: readonly [Origin, Sequence] | undefined
  private bytes: number
  private readonly full: boolean
  private readonly bytesMax: number
  private lastUpdate: Update | undefined

  constructor(bytes: number, full: boolean, bytesMax: number) {
    this.bytes = bytes
    this.bytesMax = bytesMax
    this.full = full
  }

  /** True when everything up to the end fitted. */
  fill(
    replica: Replica,
    asker: CoverageIndex,
    snapshot: CoverageIndex,
    after: readonly [Origin, Sequence] | undefined,
  ): boolean {
    this.cursor = after
    for (const state of replica.seen.sorted()) {
      if (after !== undefined && state.origin < after[0]) continue
      const cursorNext = after?.[0] === state.origin ? after[1] + 1 : 1
      // In a full exchange what the asker has is listed too, so the walk cannot skip it.
      const from = this.full ? cursorNext : Math.max(cursorNext, asker.contiguous(state.origin) + 1)
      for (const update of state.live.from(from)) {
        const missing = !asker.covers(update.origin, update.sequence) && snapshot.covers(update.origin, update.sequence)
        if (!this.take(update, missing)) return false
      }
    }
    return true
  }

  private take(update: Update, missing: boolean): boolean {
    if (!missing && !this.full) return true
    const cost = (missing ? estimatedBytes(update) : 0) + (this.full ? DOT_BYTES : 0)
    if (this.bytes + cost > this.bytesMax && this.cursorMoved && !this.inLastGroup(update)) return false
    this.bytes += cost
    if (missing) this.updates.push(update)
    if (this.full) addDot(this.dots, update)
    this.cursor = [update.origin, update.sequence]
    this.lastUpdate = update
    return true
  }

  private get cursorMoved(): boolean {
    return this.lastUpdate !== undefined
  }

  private inLastGroup(update: Update): boolean {
    const last = this.lastUpdate!
    return last.origin === update.origin && last.group !== undefined && last.group.first === update.group?.first
  }
}

function addDot(dots: OriginCoverage[], { origin, sequence }: Update): void {
  const entry = dots.at(-1)
  if (entry === undefined || entry.origin !== origin) {
    dots.push({ origin, contiguous: 0, ranges: [[sequence, sequence]] })
    return
  }
  const ranges = entry.ranges as [number, number][]
  const range = ranges.at(-1)!
  if (range[1] + 1 === sequence) range[1] = sequence
  else ranges.push([sequence, sequence])
}
