import { hash64Equal } from './digest.ts'
import type { NodeId, Origin, RunId, Sequence } from './identity.ts'
import type { Coverage, Heartbeat, OriginCoverage } from './protocol.ts'
import type { Seen } from './seen.ts'

/** Another node of the cluster, as far as its heartbeats and messages have told. */
export class Member {
  readonly nodeId: NodeId
  heartbeat: Heartbeat
  /** elapsed time of the last sign of life; any message is one */
  heardMs: number
  /** elapsed time at which it last told what it has; what it names may still be on its way to us */
  toldMs: number
  /** elapsed time at which it was first asked whether it lives; undefined while nobody doubts it */
  askedSinceMs: number | undefined
  /** times it was asked since then */
  asked = 0
  /** elapsed time at which its digest last equalled ours, -Infinity before: written at each heartbeat, so always a number */
  inStepMs = Number.NEGATIVE_INFINITY
  /** what it said it had seen, in a pull request or by an equal digest */
  told: Coverage | undefined
  /** a pull from it found nothing: none before this */
  noPullBeforeMs = 0
  /** a divergence repair with it: none before this */
  noUnionBeforeMs = 0

  constructor(heartbeat: Heartbeat, nowMs: number) {
    this.nodeId = heartbeat.nodeId
    this.heartbeat = heartbeat
    this.heardMs = nowMs
    this.toldMs = nowMs
  }

  get runId(): RunId {
    return this.heartbeat.runId
  }

  get suspected(): boolean {
    return this.askedSinceMs !== undefined
  }

  /** Whether it has told that it has an update: by a digest equal to ours, in the list of its heartbeat, or when it asked. */
  hasShown(origin: Origin, sequence: Sequence, ours: Seen): boolean {
    const { digest, recent } = this.heartbeat
    if (hash64Equal(digest, ours.digest.value())) return ours.covers(origin, sequence)
    const shows = (entry: OriginCoverage) => entry.origin === origin && includes(entry, sequence)
    return recent.some(shows) || (this.told?.some(shows) ?? false)
  }

  /** True when this ends a suspicion. */
  heard(nowMs: number): boolean {
    const doubted = this.suspected
    this.heardMs = nowMs
    this.askedSinceMs = undefined
    this.asked = 0
    return doubted
  }
}

const includes = ({ contiguous, ranges }: OriginCoverage, sequence: Sequence): boolean =>
  sequence <= contiguous || ranges.some(([from, to]) => from <= sequence && sequence <= to)
