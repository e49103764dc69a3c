/** How messages of this node reach others, from receipts. Milliseconds; undefined while nothing was measured. */
export interface DeliveryView {
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly successRate: number | undefined
  readonly retries: number
  readonly receipts: number
  readonly framesSent: number
  readonly framesReceived: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

export const NO_DELIVERY: DeliveryView = {
  p50Ms: undefined,
  p95Ms: undefined,
  p99Ms: undefined,
  successRate: undefined,
  retries: 0,
  receipts: 0,
  framesSent: 0,
  framesReceived: 0,
  bytesSent: 0,
  bytesReceived: 0,
}

/** What became of one frame that asked for a receipt. */
export interface DeliverySample {
  /** from the hand-over of its first update to the receipt; undefined: none came */
  readonly elapsedMs: number | undefined
  /** of which the update waited in the batch, for as long as the settings say */
  readonly batchMs: number
  /** of which it waited in this process beyond that: for its turn of the event loop, and in the peer's socket */
  readonly queueMs: number
  /** of which it was waited for the receipt of a sending that was lost */
  readonly lostMs: number
  /** how often it was sent again */
  readonly retries: number
}

/** What was measured is forgotten after this long, or when this many newer ones came. */
const WINDOW_MS = 60_000
const OUTCOMES_MAX = 1024

interface Outcome {
  readonly atMs: number
  /** undefined: no receipt came */
  readonly elapsedMs: number | undefined
}

/** The outcomes of the latest measured sendings: a ring, bounded in number and age. */
export class DeliveryWindow {
  private readonly outcomes: Outcome[] = []
  private next = 0

  add(outcome: Outcome): void {
    this.outcomes[this.next] = outcome
    this.next = (this.next + 1) % OUTCOMES_MAX
  }

  /** Percentiles by nearest rank over what was confirmed; the rate over everything. */
  view(nowMs: number): Pick<DeliveryView, 'p50Ms' | 'p95Ms' | 'p99Ms' | 'successRate'> {
    const recent = this.outcomes.filter((outcome) => nowMs - outcome.atMs <= WINDOW_MS)
    const elapsed = recent
      .map((outcome) => outcome.elapsedMs)
      .filter((ms) => ms !== undefined)
      .sort((a, b) => a - b)
    return {
      p50Ms: percentile(elapsed, 0.5),
      p95Ms: percentile(elapsed, 0.95),
      p99Ms: percentile(elapsed, 0.99),
      successRate: recent.length === 0 ? undefined : elapsed.length / recent.length,
    }
  }
}

const percentile = (ascending: readonly number[], share: number): number | undefined =>
  ascending[Math.ceil(share * ascending.length) - 1]
