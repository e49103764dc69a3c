import { hash64Equal } from './digest.ts'
import type { ParameterChange } from './events.ts'
import type { NodeId, Origin, Sequence } from './identity.ts'
import { COVERAGE_RANGES_MAX } from './limits.ts'
import type { Coverage, Hash64, OriginCoverage, PullAnswer, PullRequest, SequenceRange } from './protocol.ts'
import type { Replica } from './replica.ts'
import { CoverageIndex } from './seen.ts'
import type { Update } from './update.ts'

/**
 * - more: ask for the next part
 * - last: with it the snapshot may be claimed
 * - again: nothing may be claimed, begin a new session
 */
export type PartOutcome = 'more' | 'last' | 'again'

/** One answer of a pull: what is to be merged, and what the session makes of it. */
export interface Part {
  readonly session: PullSession
  readonly from: NodeId
  readonly updates: readonly Update[]
  readonly outcome: PartOutcome
}

/**
 * The asker's side of a pull. It carries the whole session, so that the server keeps nothing of it.
 * Until the last part each update counts only for its own dot: a claim made earlier says that the node has an update whose
 * replacement it lacks, and if the replacement dies with a crash, nodes differ for ever.
 */
export class PullSession {
  readonly peer: NodeId
  readonly id: number
  readonly union: boolean
  readonly startedMs: number
  updates = 0
  full = false
  private readonly seen: Coverage
  private snapshot: Coverage | undefined
  private collected: readonly (readonly [Origin, Sequence])[] = []
  private basis: Hash64 | undefined
  private cursor: readonly [Origin, Sequence] | undefined
  private unmergeable = false
  private readonly dots = new Map<Origin, SequenceRange[]>()

  constructor(replica: Replica, options: { peer: NodeId; id: number; union: boolean; nowMs: number }) {
    this.peer = options.peer
    this.id = options.id
    this.union = options.union
    this.startedMs = options.nowMs
    this.seen = options.union ? [] : replica.seen.coverage(COVERAGE_RANGES_MAX)
  }

  request(): PullRequest {
    const { id: session, seen, snapshot, cursor, full, union } = this
    return { session, seen, snapshot, cursor, full, union, columns: true }
  }

  /** Whether an answer takes the session on; a late answer to a question that was repeated does not. */
  moves({ last, cursor }: PullAnswer): boolean {
    if (last || cursor === undefined || this.cursor === undefined) return true
    const [origin, sequence] = this.cursor
    return cursor[0] > origin || (cursor[0] === origin && cursor[1] > sequence)
  }

  /** Looks at what a part says about the session; its updates are merged by `merge`, before `finish`. */
  take(answer: PullAnswer): PartOutcome {
    if (!this.begun(answer)) return 'again'
    this.noteDots(answer.dots ?? [])
    if (answer.last) return 'last'
    this.cursor = answer.cursor
    return answer.cursor === undefined ? 'again' : 'more'
  }

  merge(replica: Replica, updates: readonly Update[], changes: ParameterChange[]): void {
    for (const update of updates) {
      const outcome = this.union ? replica.restore(update, changes) : replica.merge(update, changes)
      if (outcome === 'applied') this.updates++
      if (outcome === 'refused' || outcome === 'conflicting') this.unmergeable = true
    }
  }

  /** Every part is merged: claims the snapshot. False when that is not allowed, and the session has to begin again. */
  finish(replica: Replica, changes: ParameterChange[]): boolean {
    if (this.union) return true
    if (this.unmergeable || !this.snapshot) return false
    if (this.full) this.dropUnlisted(replica, this.snapshot, changes)
    replica.seen.join(this.snapshot)
    for (const [origin, sequence] of this.collected) replica.joinCollected(origin, sequence)
    return true
  }

  /** Takes the snapshot from the first answer; false when `collected` or the server's run changed on the way. */
  private begun(answer: PullAnswer): boolean {
    if (answer.snapshot) {
      this.snapshot = answer.snapshot
      this.collected = answer.collected ?? []
      this.basis = answer.basis
      this.full = answer.full
    }
    return (
      this.snapshot !== undefined &&
      this.basis !== undefined &&
      hash64Equal(this.basis, answer.basis) &&
      this.full === answer.full
    )
  }

  private noteDots(dots: readonly OriginCoverage[]): void {
    for (const { origin, ranges } of dots) {
      const known = this.dots.get(origin)
      if (known) known.push(...ranges)
      else this.dots.set(origin, [...ranges])
    }
  }

  /**
   * What the snapshot covers and no part listed is not live at the server: superseded there, by something that has come with
   * this session, or deleted there and the tombstone gone. Had it died there after the snapshot, `collected` would differ.
   */
  private dropUnlisted(replica: Replica, snapshot: Coverage, changes: ParameterChange[]): void {
    const covered = new CoverageIndex(snapshot)
    const held = new CoverageIndex(
      [...this.dots].map(([origin, ranges]) => ({ origin, contiguous: 0, ranges: joinedRanges(ranges) })),
    )
    replica.retain(
      ({ origin, sequence }) => !covered.covers(origin, sequence) || held.covers(origin, sequence),
      changes,
    )
  }
}

/** Ascending and disjoint: a part that was asked for twice may have been listed twice. */
function joinedRanges(ranges: readonly SequenceRange[]): SequenceRange[] {
  const joined: [number, number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined
}
