import { HybridClock } from './hybrid-clock.ts'
import { type Origin, originOf, type Sequence } from './identity.ts'
import type { JsonValue } from './json.ts'
import type { Self } from './self.ts'
import type { TraceParent } from './trace-parent.ts'
import type { MergeRule, Update } from './update.ts'

/** One change of a local write, checked already. */
export interface WriteChange {
  readonly section: string
  readonly parameter: string
  /** undefined deletes */
  readonly value: JsonValue | undefined
  readonly priority: number
  readonly rule: MergeRule
  readonly reason: string | undefined
  /** 0 but for the tuner's */
  readonly epoch: number
  readonly trace?: TraceParent | undefined
}

/**
 * Numbers and stamps own updates. A sequence is never used again with other content: where that cannot be ruled out, the
 * node takes a new incarnation at its next write.
 */
export class Writer {
  readonly clock: HybridClock
  private readonly self: Self
  private replaced: { readonly origin: Origin; readonly reason: string } | undefined

  constructor(self: Self) {
    this.self = self
    this.clock = new HybridClock(self.settings.maxClockDriftMs)
  }

  /** The updates of one call: one timestamp, consecutive sequences, one group when there are several. */
  write(changes: readonly WriteChange[]): Update[] {
    const { self } = this
    const origin = this.ownOrigin()
    this.clock.driftMaxMs = self.settings.maxClockDriftMs
    this.clock.tick(self.turn.wallMs)
    const first = (self.sequence + 1) as Sequence
    const group = changes.length > 1 ? { first, size: changes.length } : undefined
    return changes.map((change) => ({
      section: change.section,
      parameter: change.parameter,
      value: change.value,
      origin,
      sequence: ++self.sequence as Sequence,
      timestampMs: this.clock.milliseconds,
      timestampLogical: this.clock.logical,
      priority: change.priority,
      rule: change.rule,
      epoch: change.epoch,
      context: self.replica.contextFor(change.section, change.parameter, origin),
      group,
      reason: change.reason,
      trace: change.trace,
      unknownFields: undefined,
    }))
  }

  private ownOrigin(): Origin {
    const { self } = this
    if (self.origin !== undefined) return self.origin
    self.origin = originOf(self.nodeId, self.newIncarnation())
    self.sequence = 0
    const { replaced } = this
    this.replaced = undefined
    const reason = replaced?.reason ?? 'first write of this run'
    self.turn.emit({ type: 'originTaken', origin: self.origin, replaced: replaced?.origin, reason })
    return self.origin
  }

  /**
   * A dot of the own origin came in that this run did not write, or with other content: somebody else numbers under it (a
   * cloned data folder), or this node is older than it thinks (a restored backup).
   */
  noteForeign(update: Update, conflicting: boolean): void {
    const { self } = this
    if (update.origin !== self.origin) return
    if (!conflicting && update.sequence <= self.sequence) return
    const reason = conflicting
      ? `${update.origin} #${update.sequence} came back with other content`
      : `${update.origin} #${update.sequence} came back, this node had written only ${self.sequence}`
    this.replaced = { origin: update.origin, reason }
    self.origin = undefined
    self.turn.emit({ type: 'rejected', code: 'ORIGIN_REPLACED', detail: reason, nodeId: undefined })
  }
}
