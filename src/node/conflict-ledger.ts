import type { CustomRules } from '#core/custom-rules'
import { explain } from '#core/explanation'
import { nodeIdOf } from '#core/identity'
import type { JsonValue } from '#core/json'
import { CONFLICT_LEDGER_BYTES_MAX } from '#core/limits'
import { losersOf, resolve } from '#core/resolution'
import type { Update } from '#core/update'
import { estimatedBytesOf } from '#core/update-size'
import type { ConflictEntry } from '#store/journal'
import { RecentList } from '#store/recent-list'
import type { State } from './state.ts'
import type { ConflictRecord } from './types.ts'
import { messageOf } from './views.ts'

/** The latest conflicts: what met, which rule decided, who won and what lost. */
export class ConflictLedger {
  private readonly rules: CustomRules
  private readonly records = new RecentList<ConflictRecord>()
  private countMax = 200
  /** since the start; the ledger itself is bounded */
  count = 0

  constructor(rules: CustomRules) {
    this.rules = rules
  }

  limit(countMax: number): void {
    this.countMax = countMax
    this.trim()
  }

  private trim(): void {
    this.records.trim(this.countMax, CONFLICT_LEDGER_BYTES_MAX)
  }

  /** @param value what is effective on this node now */
  note(siblings: readonly Update[], value: JsonValue | undefined, atMs: number): ConflictRecord {
    const record = this.record(siblings, value, atMs)
    this.count++
    this.records.add(record, estimatedBytesOf(siblings))
    this.trim()
    return record
  }

  /**
   * Takes in what an earlier run of this node stored, judged again by the rules of now. A ledger that has records already
   * has those too: the node was only stopped.
   * @param entries newest first
   */
  recall(entries: readonly ConflictEntry[], state: State): void {
    if (this.records.size > 0) return
    for (const { siblings, atMs } of entries.toReversed()) {
      const { section, parameter } = siblings[0]!
      const value = state.worth(section, parameter, siblings)
      this.records.add(this.record(siblings, value, atMs), estimatedBytesOf(siblings))
    }
    this.trim()
  }

  private record(siblings: readonly Update[], value: JsonValue | undefined, atMs: number): ConflictRecord {
    const resolution = resolve(siblings, this.rules)
    const { winner, decidedBy } = resolution
    return {
      section: winner.section,
      parameter: winner.parameter,
      at: atMs,
      winner: messageOf(winner),
      losers: losersOf(siblings, winner).map(messageOf),
      decidedBy,
      value,
      explanation: explain(siblings, resolution),
    }
  }

  /** The latest first. */
  list(): readonly ConflictRecord[] {
    return this.records.newestFirst()
  }

  /** Why a rule could not be applied on this node, if that is so. */
  complaint(
    siblings: readonly Update[],
  ): { readonly code: 'RULE_UNKNOWN' | 'RULE_IMPURE'; readonly detail: string } | undefined {
    const { missingRule, ruleRejected, winner } = resolve(siblings, this.rules)
    const where = `${winner.section}.${winner.parameter} of ${nodeIdOf(winner.origin)}`
    if (missingRule !== undefined) return { code: 'RULE_UNKNOWN', detail: `${where}: ${missingRule} is not known here` }
    return ruleRejected === undefined ? undefined : { code: 'RULE_IMPURE', detail: `${where}: ${ruleRejected}` }
  }
}
