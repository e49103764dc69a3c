import type { NodeId } from '#core/identity'

/** One round trip: how far the peer's clock was ahead of ours in the middle of it, right to half of the round trip. */
interface Sample {
  readonly offsetMs: number
  readonly roundTripMs: number
  readonly takenMs: number
}

/** Samples kept of each peer; a mesh with little traffic has one a second for all of them. */
const SAMPLES_MAX = 64
/** Clocks of machines drift apart by some 50 millionths, so 30 ms in this time. */
const SAMPLE_MS_MAX = 600_000
/** Round trips so much longer than the shortest are left out: what delayed them lay on one way only, and mostly on the same. */
const ROUND_TRIP_FACTOR = 1.5
/** What a peer's clock may be read in, and a clock that is known by few readings may be wrong by. */
const GRAIN_MS = 1
/** Peers remembered: those measured lately. */
const PEERS_MAX = 10_000

/**
 * How far the clocks of others are ahead of this machine's, estimated as NTP does (RFC 5905, section 8) from receipts that
 * say what their sender's clock read halfway between the request and its answer, which is the middle of the round trip. The
 * mean of the short round trips is taken.
 */
export class ClockOffsets {
  private readonly samples = new Map<NodeId, Sample[]>()

  /**
   * @param peerClockMs what the peer's clock read halfway between the request and its answer
   * @param clockMs what ours reads now
   * @param nowMs elapsed time
   */
  measured(peer: NodeId, peerClockMs: number, clockMs: number, roundTripMs: number, nowMs: number): void {
    const sample = { offsetMs: peerClockMs - (clockMs - roundTripMs / 2), roundTripMs, takenMs: nowMs }
    const fresh = (this.samples.get(peer) ?? []).filter(
      (other) => nowMs - other.takenMs <= SAMPLE_MS_MAX && agree(other, sample),
    )
    this.samples.delete(peer)
    this.samples.set(peer, [...fresh, sample].slice(-SAMPLES_MAX))
    if (this.samples.size > PEERS_MAX) this.samples.delete(this.samples.keys().next().value!)
  }

  /** Milliseconds that the peer's clock is ahead of ours, less than 0 when it is behind; undefined while unknown. */
  of(peer: NodeId): number | undefined {
    const samples = this.samples.get(peer)
    if (samples === undefined) return undefined
    const shortestMs = Math.min(...samples.map(({ roundTripMs }) => roundTripMs))
    const good = samples.filter(({ roundTripMs }) => roundTripMs <= shortestMs * ROUND_TRIP_FACTOR)
    return good.reduce((sum, { offsetMs }) => sum + offsetMs, 0) / good.length
  }
}

/** Each is right to half of its round trip: two that exclude each other say that a clock was set in between. */
const agree = (a: Sample, b: Sample): boolean =>
  Math.abs(a.offsetMs - b.offsetMs) <= (a.roundTripMs + b.roundTripMs) / 2 + 2 * GRAIN_MS
