import type { StandardSchemaV1 } from '@standard-schema/spec'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { ConfigSyncError } from '#core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '#core/json'
import type { MergeRule } from '#core/update'
import { type Declaration, Declarations, schemaInvalid, type Tuning } from './declarations.ts'

const ALLOW_UNDECLARED = 'allowUndeclared'
/** For editors and people; without a meaning here. */
const ANNOTATIONS = ['$schema', '$comment']
const FIELDS = ['schema', 'default', 'merge', 'priority', 'description', 'tune']

/**
 * Reads declarations from JSON, for programs that are not written in TypeScript; `configsync agent --schema file.json`
 * reads this format:
 *
 *     {
 *       "allowUndeclared": true,
 *       "mesh.batch_size_limit": {
 *         "schema": { "type": "integer", "minimum": 1 },
 *         "default": 10, "merge": "max", "priority": 1, "description": "Updates in one frame",
 *         "tune": { "min": 1, "max": 500, "step": 1, "owner": "batch", "whenMissed": "lower" }
 *       },
 *       "recovery": {
 *         "max_consecutive_recoveries": { "schema": { "type": "integer", "minimum": 0 } }
 *       }
 *     }
 *
 * A key with a dot is a parameter, split at the first dot; one without is a section with its parameters. `schema` is
 * JSON Schema 2020-12 with formats, and must be there (`{}` accepts everything); all else may be left out. Without
 * `allowUndeclared: true` writes of other parameters are refused. `custom:NAME` needs a program that gives its manager
 * that rule; an agent has none.
 *
 * @throws ConfigSyncError SCHEMA_INVALID naming the parameter, for whatever is not in this format, a mistake in a JSON
 *   Schema (an unknown keyword too), or a default that its own schema refuses
 */
export function declarationsFromJson(json: unknown): Declarations {
  const file = json as JsonValue
  if (json === undefined || !isJsonObject(file))
    throw new ConfigSyncError('SCHEMA_INVALID', 'the declarations are no JSON object')
  const allowUndeclared = file[ALLOW_UNDECLARED] ?? false
  if (typeof allowUndeclared !== 'boolean')
    throw new ConfigSyncError('SCHEMA_INVALID', `${ALLOW_UNDECLARED} is neither true nor false`)
  return new Declarations(declarationsIn(file), allowUndeclared ? 'allow' : 'refuse')
}

function* declarationsIn(file: JsonObject): Generator<Declaration> {
  const ajv = newAjv()
  for (const [key, value] of Object.entries(file)) {
    if (key === ALLOW_UNDECLARED || ANNOTATIONS.includes(key)) continue
    const dot = key.indexOf('.')
    if (dot >= 0) yield declarationOf(ajv, key.slice(0, dot), key.slice(dot + 1), value)
    else yield* sectionIn(ajv, key, value)
  }
}

function* sectionIn(ajv: Ajv2020, section: string, parameters: JsonValue): Generator<Declaration> {
  if (!isJsonObject(parameters))
    throw new ConfigSyncError('SCHEMA_INVALID', `${section}: a section is an object of parameters`)
  for (const [parameter, value] of Object.entries(parameters)) yield declarationOf(ajv, section, parameter, value)
}

function declarationOf(ajv: Ajv2020, section: string, parameter: string, entry: JsonValue): Declaration {
  const defect = entryDefect(entry)
  if (defect !== undefined) throw schemaInvalid(section, parameter, defect)
  const { schema, default: value, merge = 'latest', priority = 0, description, tune } = entry as JsonObject
  return {
    section,
    parameter,
    schema: compiled(ajv, section, parameter, schema as JsonObject | boolean),
    default: value,
    // Whatever else stands there, `Declarations` refuses by name.
    merge: merge as MergeRule,
    priority: priority as number,
    description: description as string | undefined,
    ...(tune !== undefined && { tune: tune as unknown as Tuning }),
  }
}

function entryDefect(entry: JsonValue): string | undefined {
  if (!isJsonObject(entry)) return 'a parameter is an object with the member "schema"'
  const unknown = Object.keys(entry).find((field) => !FIELDS.includes(field))
  if (unknown !== undefined) return `unknown member ${JSON.stringify(unknown)}; there are ${FIELDS.join(', ')}`
  const { schema, description, tune } = entry
  if (schema === undefined || (typeof schema !== 'boolean' && !isJsonObject(schema))) return 'schema is no JSON Schema'
  if (tune !== undefined && !isJsonObject(tune)) return 'tune is an object of min, max, step, owner and whenMissed'
  if (description !== undefined && typeof description !== 'string') return 'description is no text'
  return undefined
}

function newAjv(): Ajv2020 {
  // Strict about keywords, because a misspelt one checks nothing; not about style.
  const ajv = new Ajv2020({ strictTypes: false, strictTuples: false, strictRequired: false, logger: false })
  formats.default(ajv)
  return ajv
}

function compiled(ajv: Ajv2020, section: string, parameter: string, schema: JsonObject | boolean): StandardSchemaV1 {
  let validate: ValidateFunction
  try {
    validate = ajv.compile(schema)
  } catch (cause) {
    throw new ConfigSyncError('SCHEMA_INVALID', `${section}.${parameter}: ${(cause as Error).message}`, { cause })
  }
  return { '~standard': { version: 1, vendor: 'ajv', validate: (value) => judge(validate, value) } }
}

function judge(validate: ValidateFunction, value: unknown): StandardSchemaV1.Result<unknown> | Promise<never> {
  const verdict: unknown = validate(value)
  // Of a schema with `$async: true`, which is refused for being asynchronous.
  if (verdict instanceof Promise) return verdict as Promise<never>
  return verdict === true ? { value } : { issues: (validate.errors ?? []).map(issueOf) }
}

function issueOf({ message = 'is refused', instancePath, params }: ErrorObject): StandardSchemaV1.Issue {
  const path = instancePath.split('/').slice(1).map(fromPointer)
  const named = params['allowedValues'] ?? params['allowedValue'] ?? params['additionalProperty']
  return { message: named === undefined ? message : `${message}: ${JSON.stringify(named)}`, path }
}

/** RFC 6901, section 4. */
const fromPointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')
