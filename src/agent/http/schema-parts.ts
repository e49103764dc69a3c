import { REASON_BYTES_MAX } from '#core/limits'
import { TUNER_MODES } from '#core/protocol'
import type { ListLimit } from './list-limit.ts'

/** JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export type Schema = Readonly<Record<string, unknown>>

export const string = { type: 'string' }
export const boolean = { type: 'boolean' }
export const number = { type: 'number' }
export const integer = { type: 'integer' }
export const count = { type: 'integer', minimum: 0 }
export const tunerMode = { type: 'string', enum: TUNER_MODES }
export const anyValue = { description: 'any JSON value' }
export const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
export const arrayOf = (items: Schema): Schema => ({ type: 'array', items })
export const ref = (id: string): Schema => ({ $ref: `${id}#` })
/** An answer: all fields always there, further ones may come. */
export const answer = (properties: Record<string, Schema>, title?: string): Schema => ({
  ...(title && { title }),
  type: 'object',
  required: Object.keys(properties),
  properties,
})

/** What a request gives: what is not named here is refused, so that a misspelt field is not silently ignored. */
export const request = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

export const reason = { type: 'string', description: `for people; at most ${REASON_BYTES_MAX} bytes` }
export const numberText = (description: string): Schema => ({ ...string, pattern: '^[0-9]{1,6}$', description })
export const limitText = ({ preset, max }: ListLimit): Schema => numberText(`1 to ${max}; default ${preset}`)
export const listQuery = (limit: ListLimit): Schema => request({ limit: limitText(limit) })
