/** As many windows make a trend … */
const WINDOWS = 3
/** … when the last of them is at least so many times the first, and none between them fell. */
const RISEN = 1.25

/**
 * Whether a p95 is on its way up, because a queue grows: it would have gone on rising without a move, so what is measured after one
 * is worse only if it rose faster.
 */
export class Trend {
  private p95s: readonly number[] = []

  add(p95: number | undefined): void {
    this.p95s = p95 === undefined ? [] : [...this.p95s, p95].slice(-WINDOWS)
  }

  /** How much it rose from window to window at least, in its unit; 0 when it is steady or falls. */
  get rise(): number {
    const { p95s } = this
    if (p95s.length < WINDOWS || p95s.at(-1)! < RISEN * p95s[0]!) return 0
    return Math.max(0, Math.min(...p95s.slice(1).map((p95, i) => p95 - p95s[i]!)))
  }
}
