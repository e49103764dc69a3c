/** Everything that the core waits for, one deadline each. */
export type DeadlineName =
  /** the next ordinary heartbeat */
  | 'heartbeat'
  /** the earliest moment at which some member may have been silent for too long */
  | 'silence'
  /** this node has been up long enough to be coordinator */
  | 'candidacy'
  /** the extra heartbeat after a change */
  | 'prompt'
  /** a pull begins, if it is still needed */
  | 'pull'
  /** peers came into reach of a node that has just started: it is known now how many */
  | 'greet'
  /** the answer to a pull request is overdue */
  | 'pullRetry'
  /** a missing dot was given time to be merely reordered */
  | 'hole'
  /** alone for so long that there is nobody to learn from */
  | 'alone'
  /** look for tombstones to drop */
  | 'collect'

interface Deadline {
  readonly atMs: number
  /** when it was set */
  readonly sinceMs: number
}

/** Absolute elapsed times in milliseconds. Exact, never swept: the host is told the earliest and wakes the core then. */
export class Deadlines {
  /** elapsed time; the owner keeps it up to date */
  nowMs = 0
  private readonly deadlines = new Map<DeadlineName, Deadline>()

  set(name: DeadlineName, atMs: number): void {
    this.deadlines.set(name, { atMs, sinceMs: this.nowMs })
  }

  /** Sets it unless it stands earlier already. */
  setEarlier(name: DeadlineName, atMs: number): void {
    const standing = this.deadlines.get(name)
    if (standing === undefined || atMs < standing.atMs) this.set(name, atMs)
  }

  has(name: DeadlineName): boolean {
    return this.deadlines.has(name)
  }

  cancel(name: DeadlineName): void {
    this.deadlines.delete(name)
  }

  /** Infinity when nothing is waited for. */
  get earliestMs(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const { atMs } of this.deadlines.values()) if (atMs < earliest) earliest = atMs
    return earliest
  }

  /** Takes out the earliest that is due. */
  takeDue(nowMs: number): DeadlineName | undefined {
    let due: DeadlineName | undefined
    let earliest = nowMs
    for (const [name, { atMs }] of this.deadlines)
      if (atMs <= earliest) {
        earliest = atMs
        due = name
      }
    if (due !== undefined) this.deadlines.delete(due)
    return due
  }

  /** The last so many milliseconds did not happen. What was set since then, by what was queued meanwhile, stays. */
  skip(ms: number): void {
    const stoodStillMs = this.nowMs - ms
    for (const [name, { atMs, sinceMs }] of this.deadlines)
      if (sinceMs <= stoodStillMs) this.deadlines.set(name, { atMs: atMs + ms, sinceMs })
  }
}
