import { TOMBSTONE_RETENTION_MS } from './limits.ts'
import type { Membership } from './membership.ts'
import type { Self } from './self.ts'
import type { Update } from './update.ts'

/** How often tombstones are looked at, in heartbeat intervals. */
const LOOK_H = 60

/**
 * Drops tombstones that nobody needs any more: alone in their parameter, a day old by this process's own elapsed time, and
 * seen by every live member (each has shown this node's digest since). Who was away longer gets a full exchange.
 */
export class Collector {
  private readonly self: Self
  private readonly membership: Membership

  constructor(self: Self, membership: Membership) {
    this.self = self
    this.membership = membership
  }

  /** What was restored counts from now: this process may have been up for long before. */
  start(): void {
    const { tombstones } = this.self.replica
    for (const tombstone of tombstones.keys()) tombstones.set(tombstone, this.self.nowMs)
    this.self.deadlines.set('collect', this.self.after(LOOK_H))
  }

  onDue(): void {
    this.self.deadlines.set('collect', this.self.after(LOOK_H))
    for (const [tombstone, sinceMs] of [...this.self.replica.tombstones])
      if (this.everybodyHas(sinceMs) && this.isOld(sinceMs)) this.drop(tombstone)
  }

  private isOld(sinceMs: number): boolean {
    return this.self.nowMs - sinceMs >= TOMBSTONE_RETENTION_MS
  }

  private everybodyHas(sinceMs: number): boolean {
    for (const { inStepMs } of this.membership.members.values()) if (inStepMs <= sinceMs) return false
    return true
  }

  private drop(tombstone: Update): void {
    if (this.self.replica.collectable(tombstone)) this.self.replica.collect(tombstone)
  }
}
