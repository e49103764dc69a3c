import type { NodeId } from './identity.ts'
import type { Member } from './member.ts'
import type { Membership } from './membership.ts'
import type { Heartbeat } from './protocol.ts'
import type { Self } from './self.ts'
import { TIMING } from './settings.ts'

/**
 * The coordinator is the live candidate with the smallest nodeId, oneself included: every node works it out for itself from
 * whom it hears. Two at once (a partition) harm nothing, because everything that they publish merges; each reign has an
 * epoch above every earlier one that its coordinator knew, by which the later one wins.
 */
export class Election {
  coordinator: NodeId | undefined
  /** this node has been up long enough to be coordinator */
  candidate = false
  private deferred = false
  private readonly self: Self
  private readonly membership: Membership

  constructor(self: Self, membership: Membership) {
    this.self = self
    this.membership = membership
  }

  get selfReigns(): boolean {
    return this.coordinator === this.self.nodeId
  }

  start(): void {
    this.self.deadlines.set('candidacy', this.self.after(TIMING.candidacyH))
  }

  /**
   * Long enough up. Returns whether this node's own role changed, so that its heartbeat is due at once. When all start
   * together, who would yield at once anyway lets the smaller ones speak first, a moment and no longer.
   */
  becomeCandidate(): boolean {
    if (!this.deferred && this.smallerIsStarting()) {
      this.deferred = true
      this.self.deadlines.set('candidacy', this.self.after(TIMING.candidacyDeferH))
      return false
    }
    this.candidate = true
    return this.prefers(this.self.nodeId) && this.follow(this.self.nodeId)
  }

  private smallerIsStarting(): boolean {
    for (const { nodeId, heartbeat } of this.membership.members.values())
      if (nodeId < this.self.nodeId && !heartbeat.candidate) return true
    return false
  }

  /**
   * A member was heard: it may come before the coordinator, or be it and have started anew. Whoever is heard is looked at
   * alone, because a look at all members for each of 1,000 that join would be a billion looks in a cold start.
   * Returns whether this node's own role changed.
   */
  consider({ nodeId, heartbeat }: Member): boolean {
    if (heartbeat.candidate) return this.prefers(nodeId) && this.follow(nodeId)
    return nodeId === this.coordinator && this.follow(this.smallestCandidate())
  }

  /** Somebody left; returns whether this node's own role changed. */
  afterLoss(): boolean {
    const { coordinator } = this
    if (coordinator === undefined || this.selfReigns || this.membership.members.has(coordinator)) return false
    return this.follow(this.smallestCandidate())
  }

  private prefers(nodeId: NodeId): boolean {
    return this.coordinator === undefined || nodeId < this.coordinator
  }

  private smallestCandidate(): NodeId | undefined {
    let smallest: NodeId | undefined = this.candidate ? this.self.nodeId : undefined
    for (const { nodeId, heartbeat } of this.membership.members.values())
      if (heartbeat.candidate && (smallest === undefined || nodeId < smallest)) smallest = nodeId
    return smallest
  }

  private follow(coordinator: NodeId | undefined): boolean {
    const reigned = this.selfReigns
    this.coordinator = coordinator
    if (this.selfReigns) this.self.epoch++
    this.announce()
    return this.selfReigns !== reigned
  }

  /** Takes note of another's epoch; returns whether this node had to open a new reign. */
  noteEpoch({ epoch, coordinator }: Heartbeat): boolean {
    const contested = this.selfReigns && coordinator && epoch >= this.self.epoch
    if (epoch > this.self.epoch) this.self.epoch = epoch
    if (!contested) return false
    this.self.epoch++
    this.announce()
    return true
  }

  /** Nobody follows this node; it is no candidate until the deadline for that passes anew. */
  standDown(): void {
    this.candidate = false
    if (this.coordinator !== undefined) this.follow(undefined)
  }

  private announce(): void {
    const { coordinator, selfReigns } = this
    this.self.turn.emit({ type: 'coordinator', coordinator, epoch: this.self.epoch, self: selfReigns })
  }
}
