import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonValue } from '#core/json'
import type { MergeRule } from '#core/update'
import { type Declaration, Declarations, type Tuning, type UndeclaredPolicy } from './declarations.ts'

/**
 * One declared parameter: a schema of any validator with the Standard Schema interface (zod, valibot, arktype …), and
 * what a write on this node is stamped with. The schema must judge at once, and leave its own output as it is, which
 * must be JSON: the output is what is stored and what `get` gives.
 */
export interface Parameter<Schema extends StandardSchemaV1 = StandardSchemaV1, Default = unknown> {
  readonly schema: Schema
  /** effective where nothing valid was written; undefined when there is none */
  readonly default: Default
  readonly merge: MergeRule
  readonly priority: number
  readonly description: string | undefined
  readonly tune: Tuning | undefined
}

export interface ParameterOptions {
  /** how concurrent values are merged, default `latest`; `custom:NAME` is a rule given to the manager as `rules.NAME` */
  readonly merge?: MergeRule
  /** of writes that name none, a 32-bit integer, default 0 */
  readonly priority?: number
  /** for people: dashboards and listings show it */
  readonly description?: string
  /** lets an AutoTuner move it, within these bounds */
  readonly tune?: Tuning
}

interface WithDefault<Schema extends StandardSchemaV1> extends ParameterOptions {
  /** must be accepted by the schema; makes `get` give a value at any time */
  readonly default: StandardSchemaV1.InferInput<Schema>
}

/** Declares one parameter; checked when it is given to `defineParameters`. */
export function parameter<Schema extends StandardSchemaV1>(
  schema: Schema,
  options: WithDefault<Schema>,
): Parameter<Schema, StandardSchemaV1.InferInput<Schema>>
export function parameter<Schema extends StandardSchemaV1>(
  schema: Schema,
  options?: ParameterOptions,
): Parameter<Schema, undefined>
export function parameter<Schema extends StandardSchemaV1>(
  schema: Schema,
  options: ParameterOptions & { readonly default?: unknown } = {},
): Parameter<Schema> {
  const { merge = 'latest', priority = 0, description, tune } = options
  return { schema, default: options.default, merge, priority, description, tune }
}

/** Sections, each with its parameters. */
export type SectionDeclarations = Readonly<Record<string, Readonly<Record<string, Parameter>>>>

/** `Declarations` whose sections, parameters and values are known to the compiler. */
export interface TypedDeclarations<P extends SectionDeclarations> extends Declarations {
  /** never there at run time: carries the type */
  readonly '~sections'?: P
}

export interface DefineOptions {
  /** default `refuse` */
  readonly undeclared?: UndeclaredPolicy
}

/**
 * Declares what this node's program uses:
 *
 *     const parameters = defineParameters({
 *       mesh: { batch_size_limit: parameter(z.number().int().min(1), { default: 10, merge: 'max' }) },
 *     })
 *
 * @throws ConfigSyncError SCHEMA_INVALID naming the parameter: a name, rule or priority that cannot be, a default that its
 *   own schema refuses, a schema that is asynchronous
 */
export function defineParameters<P extends SectionDeclarations>(
  sections: P,
  options: DefineOptions = {},
): TypedDeclarations<P> {
  return new Declarations(declarationsIn(sections), options.undeclared ?? 'refuse')
}

function* declarationsIn(sections: SectionDeclarations): Generator<Declaration> {
  for (const [section, parameters] of Object.entries(sections))
    for (const [name, declared] of Object.entries(parameters))
      yield { ...declared, section, parameter: name, default: declared.default as JsonValue | undefined }
}

/** The names of the declared sections; any text where nothing is declared. */
export type SectionsOf<P extends SectionDeclarations> = keyof P & string

/** The names of a section's declared parameters. */
export type ParametersOf<P extends SectionDeclarations, S extends SectionsOf<P>> = keyof P[S] & string

/** What `get` gives: the schema's output, or undefined where there is no default. */
export type ValueOf<
  P extends SectionDeclarations,
  S extends SectionsOf<P>,
  N extends ParametersOf<P, S>,
> = string extends S
  ? JsonValue | undefined
  : P[S][N] extends Parameter<infer Schema, infer Default>
    ? StandardSchemaV1.InferOutput<Schema> | (undefined extends Default ? undefined : never)
    : never

/** What a write takes: the schema's input. */
export type InputOf<
  P extends SectionDeclarations,
  S extends SectionsOf<P>,
  N extends ParametersOf<P, S>,
> = string extends S
  ? JsonValue
  : P[S][N] extends Parameter<infer Schema, unknown>
    ? StandardSchemaV1.InferInput<Schema>
    : never
