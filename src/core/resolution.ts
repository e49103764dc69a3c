import { type CustomRules, NO_CUSTOM_RULES } from './custom-rules.ts'
import { assertInvariant, type ErrorCode } from './errors.ts'
import { incarnationOf, nodeIdOf } from './identity.ts'
import type { JsonValue } from './json.ts'
import { applyBuiltIn, customRuleName, isBuiltInRule } from './merge-rules.ts'
import type { HybridTimestamp, MergeRule, Update } from './update.ts'

/**
 * What decided between siblings: the first of these in which the winner and the strongest loser differ, or the merge
 * rule that was applied to those which differ in neither of the first two.
 */
export type Decision = 'delete-loses' | 'priority' | 'epoch' | 'timestamp' | 'node-id' | 'incarnation' | MergeRule

/** What the siblings of a parameter amount to. */
export interface Resolution {
  /** every sibling is a tombstone */
  readonly deleted: boolean
  /** undefined exactly when `deleted` */
  readonly value: JsonValue | undefined
  /** the sibling whose value it is; where a rule made a new value, the greatest, whose rule it was */
  readonly winner: Update
  /** `latest` for an only sibling, where there was nothing to decide */
  readonly decidedBy: Decision
  /** the rule that this node does not know; latest was taken instead */
  readonly missingRule: string | undefined
  /** why a custom rule's outcome was refused (RULE_IMPURE); latest was taken instead */
  readonly ruleRejected: string | undefined
}

/**
 * The conflict rule. A function of the set of siblings alone, so that nodes that hold the same siblings have the same
 * value, whatever the order of arrival:
 *
 * 1. tombstones are left out if any sibling has a value: a delete loses to a concurrent write;
 * 2. those of the highest priority are kept;
 * 3. the merge rule stamped into the greatest of them (`compareRank`) is applied to them. What the rule cannot use is
 *    left out; where it can use nothing, is unknown here or breaks its contract, the greatest wins, as under `latest`.
 *
 * A rule merges at least two values; one that is left alone stands as it was written. `rules` may remember earlier
 * outcomes to find impure rules in development, and is the only state.
 *
 * @param siblings at least one, pairwise concurrent
 */
export function resolve(siblings: readonly Update[], rules: CustomRules = NO_CUSTOM_RULES): Resolution {
  assertInvariant(siblings.length > 0, 'resolution needs a sibling')
  if (siblings.length === 1) return won(siblings[0]!, 'latest')
  const strongest = keepStrongest(siblings)
  if (strongest.length === 1) return won(strongest[0]!, whatNarrowed(strongest[0]!, siblings))
  strongest.sort((a, b) => compareRank(b, a))
  return applyRule(strongest, rules)
}

/** `resolve(…).value`, without an allocation where there is one sibling. */
export const resolvedValue = (
  siblings: readonly Update[],
  rules: CustomRules = NO_CUSTOM_RULES,
): JsonValue | undefined => (siblings.length === 1 ? siblings[0]!.value : resolve(siblings, rules).value)

/** What a node has to report about the rule of these siblings, because it could not follow it. */
export function ruleTrouble(resolution: Resolution): { readonly code: ErrorCode; readonly detail: string } | undefined {
  if (resolution.missingRule !== undefined)
    return { code: 'RULE_UNKNOWN', detail: `${resolution.missingRule} was not given to this node; it takes latest` }
  if (resolution.ruleRejected !== undefined)
    return { code: 'RULE_IMPURE', detail: `${resolution.ruleRejected}; this node takes latest` }
  return undefined
}

const won = (winner: Update, decidedBy: Decision, missingRule?: string, ruleRejected?: string): Resolution => ({
  deleted: winner.value === undefined,
  value: winner.value,
  winner,
  decidedBy,
  missingRule,
  ruleRejected,
})

/** A value before a tombstone, then the priority: what no merge rule can overcome. */
function compareStrength(a: Update, b: Update): number {
  if ((a.value === undefined) !== (b.value === undefined)) return a.value === undefined ? -1 : 1
  return a.priority - b.priority
}

function keepStrongest(siblings: readonly Update[]): Update[] {
  let kept = [siblings[0]!]
  for (let i = 1; i < siblings.length; i++) {
    const order = compareStrength(siblings[i]!, kept[0]!)
    if (order > 0) kept = [siblings[i]!]
    else if (order === 0) kept.push(siblings[i]!)
  }
  return kept
}

const whatNarrowed = (winner: Update, siblings: readonly Update[]): Decision =>
  siblings.some((other) => other !== winner && (other.value === undefined) === (winner.value === undefined))
    ? 'priority'
    : 'delete-loses'

function applyRule(sorted: readonly Update[], rules: CustomRules): Resolution {
  const greatest = sorted[0]!
  const rule = greatest.rule
  const byRank = firstDifference(greatest, sorted[1]!)
  if (rule === 'latest' || greatest.value === undefined) return won(greatest, byRank)
  if (isBuiltInRule(rule)) {
    const merged = applyBuiltIn(rule, sorted)
    return merged ? { ...won(merged.winner ?? greatest, rule), value: merged.value } : won(greatest, byRank)
  }
  const name = customRuleName(rule)
  const outcome = name === undefined ? undefined : rules.apply(name, sorted)
  if (outcome?.kind === 'merged') return { ...won(greatest, rule), value: outcome.value }
  if (outcome?.kind === 'refused') return won(greatest, byRank, undefined, `${rule}: ${outcome.detail}`)
  return won(greatest, byRank, rule)
}

/**
 * The total order of siblings of one priority: (epoch, timestamp, nodeId, incarnation, sequence). Positive when `a` is
 * greater. The nodeId is compared before the incarnation, not as one origin, because `~` sorts after what may follow in
 * a longer nodeId.
 */
export function compareRank(a: Update, b: Update): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  if (a.timestampMs !== b.timestampMs) return a.timestampMs - b.timestampMs
  if (a.timestampLogical !== b.timestampLogical) return a.timestampLogical - b.timestampLogical
  if (a.origin === b.origin) return a.sequence - b.sequence
  return (
    compareText(nodeIdOf(a.origin), nodeIdOf(b.origin)) || compareText(incarnationOf(a.origin), incarnationOf(b.origin))
  )
}

/** Code units; the same as bytes for node ids and incarnations, which are ASCII. */
const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

/** In what `compareRank` finds two siblings unequal. */
export function firstDifference(a: Update, b: Update): Decision {
  if (a.epoch !== b.epoch) return 'epoch'
  if (a.timestampMs !== b.timestampMs || a.timestampLogical !== b.timestampLogical) return 'timestamp'
  return nodeIdOf(a.origin) === nodeIdOf(b.origin) ? 'incarnation' : 'node-id'
}

/** What the pairwise rule looks at. */
export interface ConflictParty {
  /** default 0 */
  readonly priority?: number
  /** any unit, the same on both sides, or hybrid stamps */
  readonly timestamp: number | HybridTimestamp
  readonly nodeId: string
}

/**
 * The pairwise conflict rule: the higher priority, then the later timestamp, then the greater nodeId wins; `update2`
 * where they are equal in all. It says who wins between two updates written without knowledge of each other, or with
 * equal version vectors. A replica must not apply it to "the current winner" again and again, because together with
 * causality it can go round in a circle: `resolve` decides among all siblings at once.
 */
export function resolveConflict<A extends ConflictParty, B extends ConflictParty>(update1: A, update2: B): A | B {
  const order =
    (update1.priority ?? 0) - (update2.priority ?? 0) ||
    compareStamps(update1.timestamp, update2.timestamp) ||
    compareText(update1.nodeId, update2.nodeId)
  return order > 0 ? update1 : update2
}

const compareStamps = (a: number | HybridTimestamp, b: number | HybridTimestamp): number => {
  const [millisecondsA, logicalA] = typeof a === 'number' ? [a, 0] : a
  const [millisecondsB, logicalB] = typeof b === 'number' ? [b, 0] : b
  return millisecondsA - millisecondsB || logicalA - logicalB
}

/** The siblings in the order in which resolution prefers them. */
export const strongestFirst = (siblings: readonly Update[]): Update[] =>
  siblings.toSorted((a, b) => compareStrength(b, a) || compareRank(b, a))

/** The siblings without the winner, the strongest first. */
export const losersOf = (siblings: readonly Update[], winner: Update): Update[] =>
  strongestFirst(siblings.filter((sibling) => sibling !== winner))
