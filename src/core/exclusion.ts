import type { Election } from './election.ts'
import type { ErrorCode } from './errors.ts'
import { TURNED_AWAY_MS } from './limits.ts'
import type { Membership } from './membership.ts'
import type { Self } from './self.ts'
import { TIMING } from './settings.ts'

/** Somebody who answers will not have this node. */
export interface TurnedAway {
  /** who, with its address where that is known */
  readonly by: string
  readonly code: ErrorCode
  /** in the words of whoever refused */
  readonly detail: string
  /** this node will not have the other either, so that neither need be the one at fault */
  readonly mutual: boolean
}

/**
 * A node that has no member because it is turned away is not alone: whoever refuses it is there, and knows what it does not.
 * It is not ready, until a peer takes it in, or nobody has refused it for so long that it is alone indeed.
 */
export class Exclusion {
  /** the last refusal; undefined while this node is a member, or alone */
  current: TurnedAway | undefined
  /** elapsed time of the first of an unbroken row of refusals */
  sinceMs = 0
  private readonly self: Self
  private readonly membership: Membership
  private readonly election: Election

  constructor(self: Self, membership: Membership, election: Election) {
    this.self = self
    this.membership = membership
    this.election = election
  }

  note(refusal: TurnedAway): void {
    const { self } = this
    if (this.membership.size > 1) return
    // Whoever is up to date was here first: a stranger at the address of a peer that is gone must not take it out of service.
    if (refusal.mutual && self.ready) return
    if (this.current === undefined) this.sinceMs = self.nowMs
    this.current = refusal
    self.ready = false
    // It coordinates nobody, so its tuner observes: it would learn from a process that is given no work, and what it set would
    // come into the mesh with the node, of a later reign than the true coordinator's and so above what that one set.
    this.election.standDown()
    const untilMs = Math.max(self.after(TIMING.aloneH), self.nowMs + TURNED_AWAY_MS)
    self.deadlines.set('alone', untilMs)
    self.deadlines.set('candidacy', untilMs)
  }

  /** A peer has taken this node in, or nobody refuses it any more. */
  end(): void {
    this.current = undefined
  }
}
