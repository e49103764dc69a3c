import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type JsonValue, jsonDefect, jsonEqual } from '#core/json'
import { VALUE_DEPTH_MAX } from '#core/limits'

/** Whether a schema accepts a value; `value` is then the schema's output, which may differ (defaults filled in). */
export type Validation =
  | { readonly ok: true; readonly value: JsonValue }
  /** SCHEMA_INVALID: the schema itself is of no use here, whatever the value */
  | { readonly ok: false; readonly code: 'VALUE_INVALID' | 'SCHEMA_INVALID'; readonly issues: readonly string[] }

const ISSUES_MAX = 8
const ISSUE_CHARACTERS_MAX = 200

/** Some validators, zod for one, answer with a promise also when a check of theirs threw. */
export const NOT_AT_ONCE = 'the schema does not judge at once: it is asynchronous, or one of its checks threw'
const NOT_IDEMPOTENT =
  'the schema does not leave its own output as it is, so the stored value would change from node to node'

/**
 * Judges a value by a schema of the Standard Schema interface. The output is what is stored and what `get` gives, so it
 * must be JSON and the schema must leave it as it is: trimming a text is fine, turning it into a Date is not. Never
 * throws: a validator that does has refused the value.
 */
export function validateWith(schema: StandardSchemaV1, value: JsonValue): Validation {
  const first = judge(schema, value)
  if (!first.ok || jsonEqual(first.value, value)) return first
  const second = judge(schema, first.value)
  return second.ok && jsonEqual(second.value, first.value) ? first : schemaInvalid(NOT_IDEMPOTENT)
}

/** Whether the schema shows itself to be asynchronous, as far as that can be known without a value. */
export function isAsynchronous(schema: StandardSchemaV1): boolean {
  try {
    return abandoned(schema['~standard'].validate(undefined))
  } catch {
    return false
  }
}

function judge(schema: StandardSchemaV1, value: JsonValue): Validation {
  let result: StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>
  try {
    result = schema['~standard'].validate(value)
  } catch (error) {
    return { ok: false, code: 'VALUE_INVALID', issues: [clip(`the validator threw ${String(error)}`)] }
  }
  if (abandoned(result)) return schemaInvalid(NOT_AT_ONCE)
  if (result.issues) return { ok: false, code: 'VALUE_INVALID', issues: issueTexts(result.issues) }
  const defect = jsonDefect(result.value, VALUE_DEPTH_MAX)
  if (defect !== undefined) return schemaInvalid(`the schema's output is not JSON: ${defect}`)
  return { ok: true, value: result.value as JsonValue }
}

/** A rejection that nobody looks at would end the process. */
function abandoned<T>(result: T | Promise<T>): result is Promise<T> {
  if (!(result instanceof Promise)) return false
  result.catch(() => undefined)
  return true
}

const schemaInvalid = (issue: string): Validation => ({ ok: false, code: 'SCHEMA_INVALID', issues: [issue] })

/** Plain arrays first, because a validator's own subclass of Array need not work as one (arktype's `map` does not). */
const issueTexts = (issues: readonly StandardSchemaV1.Issue[]): readonly string[] =>
  Array.from(issues).slice(0, ISSUES_MAX).map(issueText)

function issueText({ message, path }: StandardSchemaV1.Issue): string {
  const keys = Array.from(path ?? [], (segment) => String(typeof segment === 'object' ? segment.key : segment))
  return clip(keys.length === 0 ? message : `${keys.join('.')}: ${message}`)
}

const clip = (text: string): string => text.slice(0, ISSUE_CHARACTERS_MAX).toWellFormed()
