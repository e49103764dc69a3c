import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Tuning } from './declarations.ts'

export type SettingSection = 'mesh' | 'auto_tuner' | 'config_sync'

/** One of ConfigSync's own settings: a replicated parameter with bounds that no declaration can widen. */
export interface Setting<T extends number | boolean> {
  readonly section: SettingSection
  readonly parameter: string
  readonly default: T
  /** accepts exactly what is within the bounds */
  readonly schema: StandardSchemaV1
  /** what it is, its unit, and the reason for its bounds */
  readonly description: string
  /** how the AutoTuner may move it; undefined: not at all */
  readonly tune: Tuning | undefined
}

interface Range {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly tune?: Tuning
}

/** @param name as in `mesh.max_retries` */
export const integerSetting = (
  name: `${SettingSection}.${string}`,
  range: Range,
  description: string,
): Setting<number> =>
  setting(name, range.default, within(range, Number.isInteger, 'an integer'), description, range.tune)

export const numberSetting = (
  name: `${SettingSection}.${string}`,
  range: Range,
  description: string,
): Setting<number> => setting(name, range.default, within(range, Number.isFinite, 'a number'), description, range.tune)

export const booleanSetting = (
  name: `${SettingSection}.${string}`,
  preset: boolean,
  description: string,
): Setting<boolean> =>
  setting(
    name,
    preset,
    accepting((value) => typeof value === 'boolean', 'true or false'),
    description,
  )

function setting<T extends number | boolean>(
  name: string,
  preset: T,
  schema: StandardSchemaV1,
  description: string,
  tune?: Tuning,
): Setting<T> {
  const [section, parameter] = name.split('.') as [SettingSection, string]
  return { section, parameter, default: preset, schema, description, tune }
}

/** The declared schema, then the bounds on what it made of the value. */
export function bothSchemas(declared: StandardSchemaV1, bounds: StandardSchemaV1): StandardSchemaV1 {
  return schemaOf((value) => {
    const result = declared['~standard'].validate(value)
    return result instanceof Promise || result.issues ? result : bounds['~standard'].validate(result.value)
  })
}

const within = ({ min, max }: Range, isOfKind: (value: unknown) => boolean, kind: string): StandardSchemaV1 =>
  accepting(
    (value) => isOfKind(value) && (value as number) >= min && (value as number) <= max,
    `${kind} from ${min} to ${max}`,
  )

const accepting = (accepts: (value: unknown) => boolean, expected: string): StandardSchemaV1 =>
  schemaOf((value) =>
    accepts(value) ? { value } : { issues: [{ message: `expected ${expected}, found ${found(value)}` }] },
  )

const found = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60).toWellFormed()

const schemaOf = (validate: StandardSchemaV1.Props['validate']): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'configsync', validate },
})
