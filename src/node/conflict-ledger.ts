import type { CustomRules } from '#core/custom-rules'
import { explain } from '#core/explanation'
import { nodeIdOf } from '#core/identity'
import type { JsonValue } from '#core/json'
import { losersOf, resolve } from '#core/resolution'
import type { Update } from '#core/update'
import type { ConflictRecord } from './types.ts'
import { messageOf } from './views.ts'

/** The latest conflicts: what met, which rule decided, who won and what lost. */
export class ConflictLedger {
  private readonly rules: CustomRules
  private records: ConflictRecord[] = []
  /** since the start; the ledger itself is bounded */
  count = 0
  sizeMax = 200

  constructor(rules: CustomRules) {
    this.rules = rules
  }

  /** @param value what is effective on this node now */
  note(siblings: readonly Update[], value: JsonValue | undefined, atMs: number): ConflictRecord {
    const resolution = resolve(siblings, this.rules)
    const { winner, decidedBy } = resolution
    const record = {
      section: winner.section,
      parameter: winner.parameter,
      at: atMs,
      winner: messageOf(winner),
      losers: losersOf(siblings, winner).map(messageOf),
      decidedBy,
      value,
      explanation: explain(siblings, resolution),
    }
    this.count++
    this.records.push(record)
    // Twice the size before trimming, so that a burst does not copy the ledger at each conflict.
    if (this.records.length >= 2 * this.sizeMax) this.records = this.records.slice(-this.sizeMax)
    return record
  }

  /** The latest first. */
  list(): readonly ConflictRecord[] {
    return this.records.slice(-this.sizeMax).reverse()
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
