import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { CustomRules } from '#core/custom-rules'
import { ConfigSyncError } from '#core/errors'
import { canonicalJson, deepFrozen, type JsonValue } from '#core/json'
import { PRIORITY_MAX, PRIORITY_MIN } from '#core/limits'
import { customRuleName, isMergeRule } from '#core/merge-rules'
import { nameDefect, sectionDefect } from '#core/names'
import type { MergeRule } from '#core/update'
import { isAsynchronous, NOT_AT_ONCE, type Validation, validateWith } from './validation.ts'

/** What this node knows of one parameter beforehand. */
export interface Declaration {
  readonly section: string
  readonly parameter: string
  readonly schema: StandardSchemaV1
  /** accepted by `schema`; undefined when there is none */
  readonly default: JsonValue | undefined
  /** stamped into this node's writes */
  readonly merge: MergeRule
  /** of this node's writes that name none */
  readonly priority: number
  readonly description: string | undefined
  /** undefined: no tuner touches it */
  readonly tune?: Tuning | undefined
}

/** How an AutoTuner may move a number. Every value that it tries is `min + k × step` and within the bounds. */
export interface Tuning {
  readonly min: number
  readonly max: number
  /** the smallest change that means something; 1 makes integers */
  readonly step: number
  /** which part of the time, or of the failures, this parameter owns: `batch`, `queue`, `wire`, `lost` or a name of one's own */
  readonly owner?: string
  /** what the rule-based strategy does with it when a goal is missed; undefined: it is moved by strategies that search */
  readonly whenMissed?: 'raise' | 'lower'
}

/** Where the tuner keeps what the next coordinator must know: may always be written, whatever is declared. */
export const TUNER_STATE_SECTION = 'auto_tuner_state'

/** Whether parameters that nobody declared may be written on this node. */
export type UndeclaredPolicy = 'allow' | 'refuse'

/**
 * Everything that this node declares, checked when it is made: SCHEMA_INVALID names the parameter at fault. Other nodes
 * may declare otherwise; that changes what is effective there, never what is stored.
 */
export class Declarations {
  readonly undeclared: UndeclaredPolicy
  readonly #bySection = new Map<string, Map<string, Declaration>>()

  /** @param declarations each parameter once, in any order */
  constructor(declarations: Iterable<Declaration>, undeclared: UndeclaredPolicy) {
    this.undeclared = undeclared
    for (const declaration of declarations) this.#add(checked(declaration))
  }

  #add(declaration: Declaration): void {
    const { section, parameter } = declaration
    const parameters = this.#bySection.get(section) ?? new Map<string, Declaration>()
    if (parameters.has(parameter)) throw schemaInvalid(section, parameter, 'declared twice')
    parameters.set(parameter, declaration)
    this.#bySection.set(section, parameters)
  }

  lookup(section: string, parameter: string): Declaration | undefined {
    return this.#bySection.get(section)?.get(parameter)
  }

  /** Whether a value, from wherever, can be effective here. Never throws; what is not declared is never refused. */
  validate(section: string, parameter: string, value: JsonValue): Validation {
    const declaration = this.lookup(section, parameter)
    return declaration ? validateWith(declaration.schema, value) : { ok: true, value }
  }

  /**
   * The value as it is to be stored by a write on this node.
   *
   * @throws ConfigSyncError PARAMETER_UNDECLARED, VALUE_INVALID, or SCHEMA_INVALID when the schema cannot judge
   */
  checkWrite(section: string, parameter: string, value: JsonValue): JsonValue {
    const declaration = this.lookup(section, parameter)
    if (declaration === undefined) {
      if (this.undeclared === 'allow' || section === TUNER_STATE_SECTION) return value
      throw new ConfigSyncError('PARAMETER_UNDECLARED', `${section}.${parameter} is not in this node's schema`)
    }
    const result = validateWith(declaration.schema, value)
    if (result.ok) return result.value
    throw new ConfigSyncError(result.code, `${section}.${parameter}: ${result.issues.join('; ')}`)
  }

  /** @throws ConfigSyncError SCHEMA_INVALID naming a parameter whose custom rule is not among `rules` */
  checkRules(rules: CustomRules): void {
    for (const { section, parameter, merge } of this.entries()) {
      const name = customRuleName(merge)
      if (name !== undefined && !rules.has(name))
        throw schemaInvalid(section, parameter, `merge rule ${merge} was not given to this node`)
    }
  }

  /** In code-unit order of section and parameter. */
  entries(): readonly Declaration[] {
    return [...this.#bySection.values()].flatMap((parameters) => [...parameters.values()]).sort(byName)
  }

  /** What should be the same on all nodes, as one canonical text. Schemas are left out: they have no text of their own. */
  get declarationsText(): string {
    return canonicalJson(
      this.entries().map((entry) => [
        `${entry.section}.${entry.parameter}`,
        entry.merge,
        entry.priority,
        entry.default === undefined ? [] : [entry.default],
      ]),
    )
  }
}

/** Nothing declared, everything allowed. */
export const NO_DECLARATIONS = new Declarations([], 'allow')

const byName = (a: Declaration, b: Declaration): number =>
  compareText(a.section, b.section) || compareText(a.parameter, b.parameter)

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

export const schemaInvalid = (section: string, parameter: string, detail: string): ConfigSyncError =>
  new ConfigSyncError('SCHEMA_INVALID', `${section}.${parameter}: ${detail}`)

function checked(declaration: Declaration): Declaration {
  const { section, parameter, schema, merge, priority } = declaration
  const defect = declarationDefect(declaration)
  if (defect !== undefined) throw schemaInvalid(section, parameter, defect)
  return {
    section,
    parameter,
    schema,
    default: checkedDefault(declaration),
    merge,
    priority,
    description: declaration.description,
    ...(declaration.tune && { tune: checkedTuning(declaration) }),
  }
}

function declarationDefect({ section, parameter, schema, merge, priority }: Declaration): string | undefined {
  const nameProblem = sectionDefect(section) ?? nameDefect(parameter)
  if (nameProblem !== undefined) return nameProblem
  if (typeof schema?.['~standard']?.validate !== 'function') return 'the schema is no Standard Schema validator'
  if (isAsynchronous(schema)) return NOT_AT_ONCE
  if (typeof merge !== 'string' || !isMergeRule(merge)) return `${JSON.stringify(merge)} is no merge rule`
  if (!Number.isInteger(priority) || priority < PRIORITY_MIN || priority > PRIORITY_MAX)
    return `priority ${priority} is no 32-bit integer`
  return undefined
}

const TUNING_FIELDS: readonly string[] = ['min', 'max', 'step', 'owner', 'whenMissed'] satisfies (keyof Tuning)[]

function checkedTuning({ section, parameter, schema, tune }: Declaration): Tuning {
  const defect = tuningDefect(tune as Tuning, schema)
  if (defect !== undefined) throw schemaInvalid(section, parameter, `tune: ${defect}`)
  return Object.freeze({ ...(tune as Tuning) })
}

function tuningDefect(tune: Tuning, schema: StandardSchemaV1): string | undefined {
  const unknown = Object.keys(tune).find((field) => !TUNING_FIELDS.includes(field))
  if (unknown !== undefined) return `unknown member ${JSON.stringify(unknown)}; there are ${TUNING_FIELDS.join(', ')}`
  const { min, max, step, owner, whenMissed } = tune
  if (![min, max, step].every(Number.isFinite)) return 'min, max and step are numbers'
  if (min >= max || step <= 0 || step > max - min)
    return 'min is below max, and step above 0 and no larger than the range'
  if (owner !== undefined && typeof owner !== 'string') return 'owner is a text'
  if (whenMissed !== undefined && whenMissed !== 'raise' && whenMissed !== 'lower')
    return 'whenMissed is raise or lower'
  const refused = [min, max].find((value) => !validateWith(schema, value).ok)
  return refused === undefined ? undefined : `the schema refuses ${refused}`
}

function checkedDefault({ section, parameter, schema, default: value }: Declaration): JsonValue | undefined {
  if (value === undefined) return undefined
  const result = validateWith(schema, value)
  if (result.ok) return deepFrozen(result.value)
  throw schemaInvalid(section, parameter, `the default is refused by its own schema: ${result.issues.join('; ')}`)
}
