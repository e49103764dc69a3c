/** Everything that the core waits for, one deadline each. */
const NAMES = [
  /** the next ordinary heartbeat */
  'heartbeat',
  /** the earliest moment at which some member may have been silent for too long */
  'silence',
  /** this node has been up long enough to be coordinator */
  'candidacy',
  /** the extra heartbeat after a change */
  'prompt',
  /** a pull begins, if it is still needed */
  'pull',
  /** peers came into reach of a node that has just started: it is known now how many */
  'greet',
  /** the answer to a pull request is overdue */
  'pullRetry',
  /** at once: a part of a pull is merged, now that the next one has been asked for */
  'part',
  /** a missing dot was given time to be merely reordered */
  'hole',
  /** alone for so long that there is nobody to learn from */
  'alone',
  /** storing failed: try again */
  'store',
  /** look for tombstones to drop */
  'collect',
] as const

export type DeadlineName = (typeof NAMES)[number]

const SLOTS = Object.fromEntries(NAMES.map((name, slot) => [name, slot])) as Readonly<Record<DeadlineName, number>>
const NEVER = Number.POSITIVE_INFINITY

/**
 * Absolute elapsed times in milliseconds. Exact, never swept: the host is told the earliest and wakes the core then. Two
 * short arrays, because every message looks at the earliest and most move a deadline.
 */
export class Deadlines {
  /** elapsed time; the owner keeps it up to date */
  nowMs = 0
  /** Infinity when nothing is waited for */
  earliestMs = NEVER
  private readonly atMs = new Float64Array(NAMES.length).fill(NEVER)
  /** when each was set */
  private readonly sinceMs = new Float64Array(NAMES.length)

  set(name: DeadlineName, atMs: number): void {
    const slot = SLOTS[name]
    const stoodMs = this.atMs[slot]!
    this.atMs[slot] = atMs
    this.sinceMs[slot] = this.nowMs
    if (atMs <= this.earliestMs) this.earliestMs = atMs
    else if (stoodMs === this.earliestMs) this.findEarliest()
  }

  /** Sets it unless it stands earlier already. */
  setEarlier(name: DeadlineName, atMs: number): void {
    if (atMs < this.atMs[SLOTS[name]]!) this.set(name, atMs)
  }

  has(name: DeadlineName): boolean {
    return this.atMs[SLOTS[name]] !== NEVER
  }

  cancel(name: DeadlineName): void {
    this.set(name, NEVER)
  }

  /** Takes out the earliest that is due. */
  takeDue(nowMs: number): DeadlineName | undefined {
    if (this.earliestMs > nowMs) return undefined
    const due = NAMES[this.atMs.indexOf(this.earliestMs)]!
    this.cancel(due)
    return due
  }

  /** The last so many milliseconds did not happen. What was set since then, by what was queued meanwhile, stays. */
  skip(ms: number): void {
    const stoodStillMs = this.nowMs - ms
    for (const [slot, sinceMs] of this.sinceMs.entries()) if (sinceMs <= stoodStillMs) this.atMs[slot]! += ms
    this.findEarliest()
  }

  private findEarliest(): void {
    this.earliestMs = Math.min(...this.atMs)
  }
}
