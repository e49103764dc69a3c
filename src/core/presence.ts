import type { Standing } from './comparison.ts'
import type { Election } from './election.ts'
import type { NodeId } from './identity.ts'
import { HEARTBEAT_ADDRESSES_MAX, RECENT_ORIGINS_MAX, RECENT_RANGES_MAX } from './limits.ts'
import type { Membership } from './membership.ts'
import { type Heartbeat, type OriginCoverage, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from './protocol.ts'
import type { Self } from './self.ts'
import { JITTER_NARROW, JITTER_WIDE, TIMING } from './settings.ts'

/**
 * This node's heartbeats. In a large mesh an ordinary node's interval grows so that everybody hears about the same number
 * whatever the size (RFC 3550, 6.2), with the timer reconsidered when it fires (6.3.3): a cold start of 1,000 nodes would
 * otherwise be heard as 1,000 heartbeats in the first interval. After a change come a few more, left out when enough others
 * said the same (RFC 6206, Trickle).
 */
export class Presence {
  private readonly self: Self
  private readonly membership: Membership
  private readonly election: Election
  private number = 0
  private sentMs = 0
  /** the share of the interval after which the next one comes; drawn once, so that reconsidering does not lengthen it */
  private jitter = 0
  /** H in use; a new one is announced by one heartbeat before it is used */
  private intervalMs: number
  private answeredMs = Number.NEGATIVE_INFINITY
  private prompts: number[] = []
  private readonly toGreet = new Set<NodeId>()
  /** heartbeats heard since the last own write that show it: whoever heard them needs no word of ours */
  private ownWriteHeard = 0
  /** the schedule under way is for an own write, not for something learned */
  private promptsWritten = false
  private sameDigestHeard = 0
  private sameDigestVersion = -1

  constructor(self: Self, membership: Membership, election: Election) {
    this.self = self
    this.membership = membership
    this.election = election
    this.intervalMs = self.intervalMs
  }

  start(): void {
    this.sentMs = this.self.nowMs
    this.jitter = this.self.random()
    this.scheduleNext()
  }

  private get nextMs(): number {
    const scale = this.election.selfReigns ? 1 : Math.max(1, this.membership.size / this.self.presenceBudget)
    return this.sentMs + this.intervalMs * scale * this.jitter
  }

  private scheduleNext(): void {
    this.self.deadlines.set('heartbeat', this.nextMs)
  }

  /** The heartbeat timer fired: the mesh may have grown since it was set. */
  onDue(): void {
    if (this.nextMs > this.self.nowMs + 1) this.scheduleNext()
    else this.broadcast()
  }

  /** A heartbeat to all, now; the next ordinary one counts from here. */
  broadcast(): void {
    this.toGreet.clear()
    this.self.turn.broadcast({ type: 'heartbeat', heartbeat: this.next() })
    this.sentMs = this.self.nowMs
    this.intervalMs = this.self.intervalMs
    const { least, most } = this.membership.wideJitter ? JITTER_WIDE : JITTER_NARROW
    this.jitter = least + this.self.random() * (most - least)
    this.scheduleNext()
  }

  /**
   * A peer has come into reach: it should not have to wait for the next heartbeat to know whom to ask. A node that has just
   * started meets many at once, and so does everybody else in a cold start: it waits until it sees how many.
   */
  onPeerUp(peer: NodeId): void {
    if (this.self.nowMs < this.self.startedMs + TIMING.startingH * this.self.intervalMs) {
      this.toGreet.add(peer)
      this.self.deadlines.setEarlier('greet', this.self.after(TIMING.greetH))
    } else if (!this.membership.wideJitter) this.greet(peer)
  }

  /** In a large mesh a random share is greeted, so that nobody hears more than the budget. */
  onGreetDue(): void {
    const share = this.self.presenceBudget / this.membership.size
    for (const peer of this.toGreet)
      if (this.membership.reachable.has(peer) && (share >= 1 || this.self.random() < share)) this.greet(peer)
    this.toGreet.clear()
  }

  /** A heartbeat to one: a peer that has just come into reach, or whoever asked. */
  private greet(peer: NodeId): void {
    this.self.turn.send(peer, { type: 'heartbeat', heartbeat: this.next() })
  }

  /** Somebody asks whether this node lives: all hear the answer, unless they heard one just now. */
  answer(asker: NodeId): void {
    if (this.self.nowMs < this.answeredMs + TIMING.answerApartH * this.self.intervalMs) return this.greet(asker)
    this.answeredMs = this.self.nowMs
    this.broadcast()
  }

  /** After one's own write. One schedule at a time, however many writes come. */
  promptWritten(): void {
    this.ownWriteHeard = 0
    if (this.prompts.length > 0) return
    this.promptsWritten = true
    this.prompts = TIMING.promptsH.map((h) => this.self.after(h))
    this.self.deadlines.set('prompt', this.prompts[0]!)
  }

  /** After learning something by a repair: those who lack it too then know whom to ask. */
  promptLearned(): void {
    if (this.prompts.length > 0) return
    this.promptsWritten = false
    const spread = Math.max(1, Math.log2(this.membership.size / this.self.presenceBudget))
    const delayH = (TIMING.learnedPromptH + this.self.random() * TIMING.learnedPromptSpreadH) * spread
    this.prompts = [this.self.after(delayH)]
    this.self.deadlines.set('prompt', this.prompts[0]!)
  }

  onPromptDue(): void {
    this.prompts.shift()
    if (this.prompts.length > 0) this.self.deadlines.set('prompt', this.prompts[0]!)
    const heard = this.promptsWritten ? Math.max(this.heardSame(), this.ownWriteHeard) : this.heardSame()
    if (heard < TIMING.promptEnough) this.broadcast()
  }

  /**
   * Another node's heartbeat: the same digest as ours, or our last write listed in it, says to everybody what an extra
   * heartbeat of ours would say.
   */
  noteHeard({ recent }: Heartbeat, standing: Standing): void {
    if (standing === 'equal') this.sameDigestHeard = this.heardSame() + 1
    const { origin, sequence } = this.self
    if (recent.some((entry) => entry.origin === origin && entry.contiguous >= sequence)) this.ownWriteHeard++
  }

  /**
   * Somebody shows a digest that this node had before. It would hear of that from any heartbeat, but in a small mesh these
   * are few, and a chain of losses is long: so about three of those who notice say it to it, however many there are.
   */
  tellBehind(nodeId: NodeId): void {
    if (this.self.random() * this.membership.members.size < TIMING.behindTold) this.greet(nodeId)
  }

  private heardSame(): number {
    const { version } = this.self.replica.seen
    if (this.sameDigestVersion === version) return this.sameDigestHeard
    this.sameDigestVersion = version
    this.sameDigestHeard = 0
    return 0
  }

  private next(): Heartbeat {
    const { self } = this
    this.number++
    return {
      nodeId: self.nodeId,
      runId: self.runId,
      number: this.number,
      origin: self.origin,
      intervalMs: this.election.selfReigns ? self.intervalMs : this.membership.ordinaryIntervalMs,
      wideJitter: this.membership.wideJitter,
      candidate: this.election.candidate,
      epoch: self.epoch,
      coordinator: this.election.selfReigns,
      digest: self.replica.seen.digest.value(),
      liveHash: self.replica.liveHash.value(),
      recent: this.recent(),
      tunerMode: self.tunerMode,
      load: self.load,
      cluster: self.cluster,
      protocolMin: PROTOCOL_VERSION_MIN,
      protocolMax: PROTOCOL_VERSION,
      declarationsHash: self.declarationsHash,
      address: self.address,
      addresses: self.addresses.slice(0, HEARTBEAT_ADDRESSES_MAX),
    }
  }

  /** The origins that changed lately, the latest first, so that a busy mesh is compared exactly. */
  private recent(): OriginCoverage[] {
    const { seen } = this.self.replica
    const states = []
    for (const state of seen.recent()) if (state.ranges.length <= RECENT_RANGES_MAX) states.push(state)
    if (states.length > RECENT_ORIGINS_MAX) states.sort((a, b) => b.changedAtMs - a.changedAtMs)
    return states
      .slice(0, RECENT_ORIGINS_MAX)
      .map((state) => state.coverage())
      .sort((a, b) => (a.origin < b.origin ? -1 : 1))
  }
}
