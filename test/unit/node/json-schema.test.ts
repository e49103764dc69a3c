import { describe, expect, it } from 'vitest'
import { declarationsFromJson } from '#node/json-schema'
import { withSettings } from '#node/settings'
import { coded } from '../../support/coded.ts'

const file = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $comment: 'Parameters of the fleet',
  allowUndeclared: true,
  'mesh.batch_size_limit': {
    schema: { type: 'integer', minimum: 1 },
    default: 10,
    merge: 'max',
    priority: 1,
    description: 'Updates in one frame',
  },
  recovery: {
    max_consecutive_recoveries: { schema: { type: 'integer', minimum: 0 } },
    'nested.name': {
      schema: { type: 'object', properties: { level: { enum: ['low', 'high'] } }, additionalProperties: false },
    },
  },
  'tool_proxy.endpoint.primary': { schema: { type: 'string', format: 'uri' } },
  free: { form: { schema: {} }, never: { schema: false } },
}

describe('declarations from JSON', () => {
  const declarations = declarationsFromJson(file)

  it('have every field', () => {
    expect(declarations.lookup('mesh', 'batch_size_limit')).toMatchObject({
      default: 10,
      merge: 'max',
      priority: 1,
      description: 'Updates in one frame',
    })
    expect(declarations.undeclared).toBe('allow')
    expect(declarations.entries()).toHaveLength(6)
  })

  it('split a name at the first dot, in sections and out of them', () => {
    expect(declarations.lookup('tool_proxy', 'endpoint.primary')).toBeDefined()
    expect(declarations.lookup('recovery', 'nested.name')).toMatchObject({
      default: undefined,
      merge: 'latest',
      priority: 0,
    })
  })

  it('judge values, formats included, and say where they are wrong', () => {
    expect(declarations.validate('mesh', 'batch_size_limit', 3)).toEqual({ ok: true, value: 3 })
    expect(declarations.validate('mesh', 'batch_size_limit', 0)).toEqual({
      ok: false,
      code: 'VALUE_INVALID',
      issues: ['must be >= 1'],
    })
    expect(declarations.validate('tool_proxy', 'endpoint.primary', 'no uri')).toMatchObject({
      ok: false,
      issues: [expect.stringContaining('uri')],
    })
    expect(declarations.validate('recovery', 'nested.name', { level: 'mid' })).toMatchObject({
      issues: ['level: must be equal to one of the allowed values: ["low","high"]'],
    })
    expect(declarations.validate('recovery', 'nested.name', { lvl: 1 })).toMatchObject({
      issues: ['must NOT have additional properties: "lvl"'],
    })
    expect(declarations.validate('free', 'form', [{ any: 'thing' }]).ok).toBe(true)
    expect(declarations.validate('free', 'never', 1).ok).toBe(false)
  })

  it('refuse what is not declared unless the file allows it', () => {
    const closed = declarationsFromJson({ 'a.b': { schema: {} } })
    expect(() => closed.checkWrite('a', 'c', 1)).toThrow(coded('PARAMETER_UNDECLARED', /^a\.c /))
    expect(declarations.checkWrite('a', 'c', 1)).toBe(1)
  })

  it('go together with the settings like any others', () => {
    expect(withSettings(declarations).validate('mesh', 'batch_size_limit', 10_001).ok).toBe(false)
    expect(withSettings(declarations).lookup('mesh', 'batch_size_limit')?.default).toBe(10)
  })
})

describe('a file is refused, naming what is wrong', () => {
  const entry = (fields: object) => ({ 'a.b': { schema: { type: 'integer' }, ...fields } })

  it.each<[RegExp, unknown]>([
    [/no JSON object/, undefined],
    [/no JSON object/, null],
    [/no JSON object/, []],
    [/^allowUndeclared is neither/, { allowUndeclared: 'yes' }],
    [/^mesh: a section is an object/, { mesh: 5 }],
    [/^\$defs\.x: a parameter is an object/, { $defs: { x: true } }],
    [/^a\.b: a parameter is an object/, { 'a.b': 10 }],
    [/^a\.b: schema is no JSON Schema/, { 'a.b': {} }],
    [/^a\.b: schema is no JSON Schema/, { 'a.b': { schema: 'integer' } }],
    [/^a\.b: unknown member "defualt"/, entry({ defualt: 1 })],
    [/^a\.b: description is no text/, entry({ description: 1 })],
    [/^a\.b: "median" is no merge rule/, entry({ merge: 'median' })],
    [/^a\.b: 7 is no merge rule/, entry({ merge: 7 })],
    [/^a\.b: priority high is no 32-bit integer/, entry({ priority: 'high' })],
    [/^a\.b: the default is refused by its own schema: must be integer/, entry({ default: 'x' })],
    [/^a\.b: schema is invalid: /, entry({ schema: { type: 'int' } })],
    [/^a\.b: strict mode: unknown keyword: "minimun"/, entry({ schema: { type: 'integer', minimun: 1 } })],
    [/^a\.b: unknown format "date-tme"/, entry({ schema: { type: 'string', format: 'date-tme' } })],
    [/^a\.b: can't resolve reference/, entry({ schema: { $ref: 'https://example.com/other' } })],
    [/^a\.b: the schema does not judge at once/, entry({ schema: { $async: true, type: 'integer' } })],
    [/^\.b: a name is empty/, { '.b': { schema: {} } }],
    [/^a\.b: declared twice/, { 'a.b': { schema: {} }, a: { b: { schema: {} } } }],
  ])('%s', (detail, json) => {
    expect(() => declarationsFromJson(json)).toThrow(coded('SCHEMA_INVALID', detail))
  })
})
