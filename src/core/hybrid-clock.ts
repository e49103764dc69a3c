import { LOGICAL_MAX } from './limits.ts'

/**
 * Hybrid logical clock: a stamp is later than every stamp taken or seen before it, and stays near the machine's clock
 * (Kulkarni et al., "Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases", 2014). Only
 * writes are stamped; seeing a remote stamp moves the clock but takes no stamp of its own.
 *
 * Two invariants. Bounded: after a call, `milliseconds` is at most the given wall clock plus `driftMaxMs`, whatever
 * came in and whatever was stored. Monotone: a later tick is greater, as long as the wall clock does not jump back so far
 * that the last stamp is out of the bound. Where both cannot hold the bound wins, and the clock follows the wall clock
 * again. At the very bound with the counter used up a tick gives the same stamp once more; sequences order those.
 *
 * The stamp stands in two fields, so that ticking allocates nothing.
 */
export class HybridClock {
  /** of the last stamp taken or seen, milliseconds since 1970 */
  milliseconds = 0
  /** counts within the millisecond, at most LOGICAL_MAX */
  logical = 0
  /** may be changed at any time; counts from the next call on */
  driftMaxMs: number

  constructor(driftMaxMs: number) {
    this.driftMaxMs = driftMaxMs
  }

  /** Goes on from a stored stamp. Needs no wall clock: the next tick or observe enforces the bound. */
  restore(milliseconds: number, logical: number): void {
    this.milliseconds = milliseconds
    this.logical = logical
  }

  /** Moves to the stamp of a write, which is then in `milliseconds` and `logical`. */
  tick(wallMs: number): void {
    const wholeMs = Math.floor(wallMs)
    this.#enforceBound(wholeMs)
    if (this.milliseconds < wholeMs) this.restore(wholeMs, 0)
    else if (this.logical < LOGICAL_MAX) this.logical += 1
    else if (this.milliseconds < wholeMs + this.driftMaxMs) this.restore(this.milliseconds + 1, 0)
  }

  /** Takes note of a remote stamp. `drift`: it is further ahead of the wall clock than allowed and moved nothing. */
  observe(milliseconds: number, logical: number, wallMs: number): 'taken' | 'drift' {
    const wholeMs = Math.floor(wallMs)
    this.#enforceBound(wholeMs)
    if (milliseconds > wholeMs + this.driftMaxMs) return 'drift'
    if (milliseconds > this.milliseconds || (milliseconds === this.milliseconds && logical > this.logical))
      this.restore(milliseconds, logical)
    return 'taken'
  }

  #enforceBound(wallMs: number): void {
    if (this.milliseconds > wallMs + this.driftMaxMs) this.restore(wallMs, 0)
  }
}
