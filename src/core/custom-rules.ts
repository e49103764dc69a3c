import { type NodeId, nodeIdOf, type Origin, type Sequence } from './identity.ts'
import { canonicalJson, type JsonObject, type JsonValue, jsonDefect } from './json.ts'
import { VALUE_DEPTH_MAX } from './limits.ts'
import { setOwn } from './merge-rules.ts'
import type { HybridTimestamp, Update } from './update.ts'

/** One of the concurrent values that a custom rule is given. Its value is the rule's own copy. */
export interface RuleSibling {
  readonly value: JsonValue
  readonly nodeId: NodeId
  readonly timestamp: HybridTimestamp
  readonly priority: number
  readonly origin: Origin
  readonly sequence: Sequence
}

/**
 * A user's merge rule: a pure function of at least two siblings of equal priority, the greatest (which `latest` would
 * take) first. Every node must come to the same value from the same siblings: no clock, no randomness, no state.
 */
export type CustomRule = (siblings: readonly RuleSibling[]) => JsonValue

export type CustomOutcome =
  | { readonly kind: 'merged'; readonly value: JsonValue }
  | { readonly kind: 'missing' }
  /** the rule broke its contract; `detail` says how */
  | { readonly kind: 'refused'; readonly detail: string }

/** `development` finds rules that are no function of the siblings, at more than twice the cost. Use one mode throughout a mesh. */
export type RuleMode = 'production' | 'development'

/** Outcomes remembered in development: enough to meet a set of siblings again, and bounded. */
const OUTCOMES_MAX = 512
/** Longer outcomes are compared within one call only. */
const OUTCOME_CHARACTERS_MAX = 4096

/** The custom rules of one node, and in development the watch over their purity. */
export class CustomRules {
  readonly #rules: ReadonlyMap<string, CustomRule>
  readonly #mode: RuleMode
  readonly #outcomes = new Map<string, string>()
  readonly #impure = new Map<string, string>()

  constructor(rules: Readonly<Record<string, CustomRule>> = {}, mode: RuleMode = 'production') {
    this.#rules = new Map(Object.entries(rules))
    this.#mode = mode
  }

  has(name: string): boolean {
    return this.#rules.has(name)
  }

  /** @param sorted greatest first, none a tombstone. Never throws, and no rule can change what it is given. */
  apply(name: string, sorted: readonly Update[]): CustomOutcome {
    const rule = this.#rules.get(name)
    if (rule === undefined) return { kind: 'missing' }
    return this.#mode === 'production' ? callOnce(rule, sorted, lazySibling) : this.#applyWatched(name, rule, sorted)
  }

  #applyWatched(name: string, rule: CustomRule, sorted: readonly Update[]): CustomOutcome {
    const known = this.#impure.get(name)
    if (known !== undefined) return { kind: 'refused', detail: known }
    const outcome = callOnce(rule, sorted, frozenSibling)
    const text = outcomeText(outcome)
    if (text !== outcomeText(callOnce(rule, sorted, frozenSibling)))
      return this.#refuseForGood(name, 'the rule came to two values from the same siblings, called twice in a row')
    if (!this.#rememberOutcome(name, sorted, text))
      return this.#refuseForGood(name, 'the rule came to another value than before from the same siblings')
    return outcome
  }

  #refuseForGood(name: string, detail: string): CustomOutcome {
    this.#impure.set(name, detail)
    return { kind: 'refused', detail }
  }

  /** @returns false when the same siblings had another outcome earlier. A dot names its content for ever, so dots are the key. */
  #rememberOutcome(name: string, sorted: readonly Update[], text: string): boolean {
    if (text.length > OUTCOME_CHARACTERS_MAX) return true
    const key = [name, ...sorted.map((update) => `${update.origin}#${update.sequence}`)].join(' ')
    const earlier = this.#outcomes.get(key)
    if (earlier !== undefined) return earlier === text
    if (this.#outcomes.size >= OUTCOMES_MAX) this.#outcomes.delete(this.#outcomes.keys().next().value!)
    this.#outcomes.set(key, text)
    return true
  }
}

export const NO_CUSTOM_RULES = new CustomRules()

/** Thrown messages may differ from call to call and still mean the same outcome, latest: only the kind counts. */
const outcomeText = (outcome: CustomOutcome): string =>
  outcome.kind === 'merged' ? canonicalJson(outcome.value) : outcome.kind

function callOnce(
  rule: CustomRule,
  sorted: readonly Update[],
  present: (update: Update) => RuleSibling,
): CustomOutcome {
  let value: unknown
  try {
    value = rule(Object.freeze(sorted.map(present)))
  } catch (error) {
    return { kind: 'refused', detail: `the rule threw ${clip(String(error))}` }
  }
  // A promise that nobody looks at would end the process when it is rejected.
  if (value instanceof Promise) value.catch(() => undefined)
  const defect = jsonDefect(value, VALUE_DEPTH_MAX)
  if (defect !== undefined) return { kind: 'refused', detail: `the rule returned no JSON: ${defect}` }
  // A copy, because the rule may keep what it returned.
  return { kind: 'merged', value: copyJson(value as JsonValue, false) }
}

const clip = (text: string): string => text.slice(0, 200).toWellFormed()

const frozenSibling = (update: Update): RuleSibling =>
  Object.freeze({ ...describe(update), value: copyJson(update.value!, true) })

/** Copies an array or object only when the rule looks at it; a plain value needs no copy. */
function lazySibling(update: Update): RuleSibling {
  if (typeof update.value !== 'object') return { ...describe(update), value: update.value! }
  let copy: JsonValue | undefined
  return {
    ...describe(update),
    get value() {
      copy ??= copyJson(update.value!, false)
      return copy
    },
  }
}

const describe = (update: Update): Omit<RuleSibling, 'value'> => ({
  nodeId: nodeIdOf(update.origin),
  timestamp: Object.freeze([update.timestampMs, update.timestampLogical] as const),
  priority: update.priority,
  origin: update.origin,
  sequence: update.sequence,
})

function copyJson(value: JsonValue, frozen: boolean): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  const copy = Array.isArray(value)
    ? value.map((member) => copyJson(member, frozen))
    : copyObject(value as JsonObject, frozen)
  return frozen ? Object.freeze(copy) : copy
}

function copyObject(object: JsonObject, frozen: boolean): JsonObject {
  const copy: JsonObject = {}
  for (const key of Object.keys(object)) setOwn(copy, key, copyJson(object[key]!, frozen))
  return copy
}
