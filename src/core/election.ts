import type { NodeId } from './identity.ts'
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
    return this.evaluate()
  }

  private smallerIsStarting(): boolean {
    for (const { nodeId, heartbeat } of this.membership.members.values())
      if (nodeId < this.self.nodeId && !heartbeat.candidate) return true
    return false
  }

  /** Works out the coordinator from who is live; returns whether this node's own role changed. */
  evaluate(): boolean {
    let coordinator: NodeId | undefined = this.candidate ? this.self.nodeId : undefined
    for (const { nodeId, heartbeat } of this.membership.members.values())
      if (heartbeat.candidate && (coordinator === undefined || nodeId < coordinator)) coordinator = nodeId
    if (coordinator === this.coordinator) return false
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

  private announce(): void {
    const { coordinator, selfReigns } = this
    this.self.turn.emit({ type: 'coordinator', coordinator, epoch: this.self.epoch, self: selfReigns })
  }
}
