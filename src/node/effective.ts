import type { CustomRules } from '#core/custom-rules'
import type { ErrorCode } from '#core/errors'
import { deepFrozen, type JsonValue } from '#core/json'
import { resolvedValue, strongestFirst } from '#core/resolution'
import type { Update } from '#core/update'
import type { Declaration, Declarations } from './declarations.ts'
import { validateWith } from './validation.ts'

/** Why a resolved value is not effective here. */
export interface Refusal {
  readonly code: ErrorCode
  readonly issues: readonly string[]
}

/** What a parameter means on this node. */
export interface Effective {
  /** undefined exactly when the source is `none` */
  readonly value: JsonValue | undefined
  /**
   * - resolved: what the conflict rule made of the siblings
   * - sibling: the greatest sibling that this node's schema accepts, because it refuses the resolved value
   * - stale: the last value that was valid here, because no sibling is
   * - default: nothing was written, it was deleted, or nothing valid ever was
   */
  readonly source: 'resolved' | 'sibling' | 'stale' | 'default' | 'none'
  /** every sibling is a tombstone; a declared default then holds again */
  readonly deleted: boolean
  /** there when the resolved value was refused */
  readonly rejected?: Refusal
}

/** What stands for a declared parameter, and from which siblings it came. */
interface Standing {
  readonly siblings: readonly Update[]
  readonly effective: Effective
}

const NOTHING: Effective = Object.freeze({ value: undefined, source: 'none', deleted: false })
const DELETED: Effective = Object.freeze({ value: undefined, source: 'none', deleted: true })

/**
 * Turns siblings into what this node's program is given: a value that its schema accepts, or none. What the schema
 * refuses stays among the siblings, so that nodes with different schemas still converge.
 *
 * Remembers one outcome for each declared parameter that was looked at, because validating is dear and because the last
 * valid value is needed when an invalid one comes. What is remembered is frozen, because it is given to many. Nothing is
 * validated or remembered for the others.
 */
export class EffectiveValues {
  readonly #declarations: Declarations
  readonly #rules: CustomRules
  readonly #standing = new Map<Declaration, Standing>()

  constructor(declarations: Declarations, rules: CustomRules) {
    this.#declarations = declarations
    this.#rules = rules
  }

  /** `inspect(…).value`, without an allocation for a parameter that is not declared and has one sibling. */
  get(section: string, parameter: string, siblings: readonly Update[]): JsonValue | undefined {
    const declaration = this.#declarations.lookup(section, parameter)
    if (declaration !== undefined) return this.#declared(declaration, siblings).value
    return siblings.length === 0 ? undefined : resolvedValue(siblings, this.#rules)
  }

  /** @param siblings those that stand now: the last valid value is that of the call before */
  inspect(section: string, parameter: string, siblings: readonly Update[]): Effective {
    const declaration = this.#declarations.lookup(section, parameter)
    if (declaration !== undefined) return this.#declared(declaration, siblings)
    if (siblings.length === 0) return NOTHING
    const value = resolvedValue(siblings, this.#rules)
    return value === undefined ? DELETED : { value, source: 'resolved', deleted: false }
  }

  /** To be called for every change, in order, so that no valid value is missed. */
  change(
    section: string,
    parameter: string,
    before: readonly Update[],
    after: readonly Update[],
  ): { readonly previous: Effective; readonly now: Effective } {
    const previous = this.inspect(section, parameter, before)
    return { previous, now: this.inspect(section, parameter, after) }
  }

  #declared(declaration: Declaration, siblings: readonly Update[]): Effective {
    const standing = this.#standing.get(declaration)
    if (standing !== undefined && sameUpdates(standing.siblings, siblings)) return standing.effective
    const effective = this.#evaluate(declaration, siblings, standing?.effective)
    this.#standing.set(declaration, { siblings, effective })
    return effective
  }

  #evaluate(declaration: Declaration, siblings: readonly Update[], last: Effective | undefined): Effective {
    const resolved = siblings.length === 0 ? undefined : resolvedValue(siblings, this.#rules)
    if (resolved === undefined) return fallback(declaration, siblings.length > 0)
    const result = validateWith(declaration.schema, resolved)
    if (result.ok) return { value: deepFrozen(result.value), source: 'resolved', deleted: false }
    const rejected = { code: result.code, issues: result.issues }
    const valid = greatestValid(declaration, siblings)
    if (valid !== undefined) return { value: valid, source: 'sibling', deleted: false, rejected }
    if (last !== undefined && wasWritten(last)) return { value: last.value, source: 'stale', deleted: false, rejected }
    return { ...fallback(declaration, false), rejected }
  }
}

function fallback(declaration: Declaration, deleted: boolean): Effective {
  if (declaration.default !== undefined) return { value: declaration.default, source: 'default', deleted }
  return deleted ? DELETED : NOTHING
}

function greatestValid(declaration: Declaration, siblings: readonly Update[]): JsonValue | undefined {
  if (siblings.length === 1) return undefined
  for (const { value } of strongestFirst(siblings)) {
    const result = value === undefined ? undefined : validateWith(declaration.schema, value)
    if (result?.ok) return deepFrozen(result.value)
  }
  return undefined
}

const wasWritten = ({ source }: Effective): boolean => source !== 'default' && source !== 'none'

const sameUpdates = (a: readonly Update[], b: readonly Update[]): boolean =>
  a === b || (a.length === b.length && a.every((update, i) => update === b[i]))
