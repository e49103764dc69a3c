import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { CustomRules } from '#core/custom-rules'
import type { JsonValue } from '#core/json'
import { Declarations, NO_DECLARATIONS, type Tuning } from '#node/declarations'
import {
  defineParameters,
  type InputOf,
  type ParametersOf,
  parameter,
  type SectionDeclarations,
  type SectionsOf,
  type TypedDeclarations,
  type ValueOf,
} from '#node/parameters'
import { coded } from '../../support/coded.ts'

const sections = {
  mesh: {
    batch_size_limit: parameter(z.number().int().min(1), {
      default: 10,
      merge: 'max',
      priority: 2,
      description: 'Updates in one frame',
    }),
    label: parameter(v.pipe(v.string(), v.trim(), v.minLength(1))),
  },
  recovery: {
    mode: parameter(type("'fast' | 'careful'"), { default: 'fast' }),
    limits: parameter(z.object({ soft: z.number().default(5), hard: z.number() })),
  },
}
const declared = defineParameters(sections)

describe.each([
  ['zod', z.number().int().min(1)],
  ['valibot', v.pipe(v.number(), v.integer(), v.minValue(1))],
  ['arktype', type('number.integer >= 1')],
])('a schema of %s', (_name, schema) => {
  const one = defineParameters({ mesh: { limit: parameter(schema, { default: 3 }) } })

  it('accepts and refuses', () => {
    expect(one.validate('mesh', 'limit', 5)).toEqual({ ok: true, value: 5 })
    expect(one.validate('mesh', 'limit', 0)).toEqual({
      ok: false,
      code: 'VALUE_INVALID',
      issues: [expect.stringContaining('1')],
    })
    expect(one.validate('mesh', 'limit', '5')).toMatchObject({ ok: false, code: 'VALUE_INVALID' })
  })

  it('refuses a default that it does not accept, naming the parameter', () => {
    expect(() => defineParameters({ mesh: { limit: parameter(schema, { default: 0 }) } })).toThrow(
      coded('SCHEMA_INVALID', /^mesh\.limit: the default is refused by its own schema: /),
    )
  })
})

describe('the types', () => {
  type P = typeof sections

  it('flow from the schemas to what is read', () => {
    expectTypeOf<ValueOf<P, 'mesh', 'batch_size_limit'>>().toEqualTypeOf<number>()
    expectTypeOf<ValueOf<P, 'mesh', 'label'>>().toEqualTypeOf<string | undefined>()
    expectTypeOf<ValueOf<P, 'recovery', 'mode'>>().toEqualTypeOf<'fast' | 'careful'>()
    expectTypeOf<ValueOf<P, 'recovery', 'limits'>>().toEqualTypeOf<{ soft: number; hard: number } | undefined>()
  })

  it('flow to what is written, which may leave out what has a default', () => {
    expectTypeOf<InputOf<P, 'recovery', 'limits'>>().toEqualTypeOf<{ soft?: number | undefined; hard: number }>()
    expectTypeOf<InputOf<P, 'mesh', 'batch_size_limit'>>().toEqualTypeOf<number>()
  })

  it('know the names', () => {
    expectTypeOf<SectionsOf<P>>().toEqualTypeOf<'mesh' | 'recovery'>()
    expectTypeOf<ParametersOf<P, 'mesh'>>().toEqualTypeOf<'batch_size_limit' | 'label'>()
    expectTypeOf(declared).toEqualTypeOf<TypedDeclarations<P>>()
  })

  it('are any text and any JSON where nothing is declared', () => {
    expectTypeOf<SectionsOf<SectionDeclarations>>().toEqualTypeOf<string>()
    expectTypeOf<ParametersOf<SectionDeclarations, string>>().toEqualTypeOf<string>()
    expectTypeOf<ValueOf<SectionDeclarations, string, string>>().toEqualTypeOf<JsonValue | undefined>()
    expectTypeOf<InputOf<SectionDeclarations, string, string>>().toEqualTypeOf<JsonValue>()
  })
})

describe('declarations', () => {
  it('say what they know of a parameter', () => {
    expect(declared.lookup('mesh', 'batch_size_limit')).toMatchObject({
      section: 'mesh',
      parameter: 'batch_size_limit',
      default: 10,
      merge: 'max',
      priority: 2,
      description: 'Updates in one frame',
    })
    expect(declared.lookup('mesh', 'label')).toMatchObject({ default: undefined, merge: 'latest', priority: 0 })
    expect(declared.lookup('mesh', 'mode')).toBeUndefined()
    expect(declared.lookup('toString', 'constructor')).toBeUndefined()
  })

  it('are listed in order, and have one text whatever the order of declaring', () => {
    expect(declared.entries().map((entry) => `${entry.section}.${entry.parameter}`)).toEqual([
      'mesh.batch_size_limit',
      'mesh.label',
      'recovery.limits',
      'recovery.mode',
    ])
    expect(declared.declarationsText).toBe(
      '[["mesh.batch_size_limit","max",2,[10]],["mesh.label","latest",0,[]],["recovery.limits","latest",0,[]],["recovery.mode","latest",0,["fast"]]]',
    )
    const { recovery, mesh } = sections
    expect(defineParameters({ recovery, mesh }).declarationsText).toBe(declared.declarationsText)
  })

  it('say how a tuner may move a number', () => {
    const tune = { min: 1, max: 64, step: 1, owner: 'queue', whenMissed: 'lower' } as const
    const one = (options: Tuning) =>
      defineParameters({ pool: { size: parameter(z.number().int().min(1).max(64), { default: 4, tune: options }) } })
    expect(one(tune).lookup('pool', 'size')?.tune).toEqual(tune)
    expect(declared.lookup('mesh', 'label')?.tune).toBeUndefined()
    const refused = (change: object, detail: RegExp) =>
      expect(() => one({ ...tune, ...change } as Tuning)).toThrow(coded('SCHEMA_INVALID', detail))
    refused({ min: 64 }, /pool\.size: tune: min is below max/)
    refused({ step: 0 }, /min is below max, and step/)
    refused({ max: Number.NaN }, /min, max and step are numbers/)
    refused({ max: 65 }, /the schema refuses 65/)
    refused({ whenMissed: 'up' }, /whenMissed is raise or lower/)
    refused({ steps: 2 }, /unknown member "steps"/)
  })

  it('tell a default of null from none', () => {
    const one = (options: { default: null } | undefined) =>
      defineParameters({ a: { b: options ? parameter(z.null(), options) : parameter(z.null()) } }).declarationsText
    expect(one({ default: null })).not.toBe(one(undefined))
  })

  it('store the output of a schema', () => {
    expect(declared.checkWrite('mesh', 'label', '  east ')).toBe('east')
    expect(declared.checkWrite('recovery', 'limits', { hard: 9, extra: 1 })).toEqual({ soft: 5, hard: 9 })
    const trimmed = defineParameters({ mesh: { label: parameter(v.pipe(v.string(), v.trim()), { default: ' x ' }) } })
    expect(trimmed.lookup('mesh', 'label')?.default).toBe('x')
  })

  it('refuse a write of a wrong value, saying where it is wrong', () => {
    expect(() => declared.checkWrite('recovery', 'limits', { hard: 'x' })).toThrow(
      coded('VALUE_INVALID', /^recovery\.limits: hard: .*string/),
    )
    expect(() => declared.checkWrite('recovery', 'mode', 'slow')).toThrow(
      coded('VALUE_INVALID', /^recovery\.mode: must be "careful" or "fast"/),
    )
  })

  it('refuse a write of what is not declared, unless that is allowed', () => {
    expect(() => declared.checkWrite('mesh', 'other', 1)).toThrow(coded('PARAMETER_UNDECLARED', /^mesh\.other /))
    const open = defineParameters(sections, { undeclared: 'allow' })
    expect(open.checkWrite('mesh', 'other', [1])).toEqual([1])
    expect(NO_DECLARATIONS.checkWrite('a', 'b', null)).toBeNull()
  })

  it('do not judge what is not declared when it comes from others', () => {
    expect(declared.validate('mesh', 'other', 1)).toEqual({ ok: true, value: 1 })
  })

  it('ask for the custom rules that they name', () => {
    const custom = defineParameters({ a: { b: parameter(z.number(), { merge: 'custom:widest' }) } })
    expect(() => custom.checkRules(new CustomRules())).toThrow(
      coded('SCHEMA_INVALID', /^a\.b: merge rule custom:widest /),
    )
    custom.checkRules(new CustomRules({ widest: () => 0 }))
  })
})

describe('a schema that cannot serve is refused', () => {
  const refusal = (schema: z.ZodType, value: JsonValue) =>
    defineParameters({ a: { b: parameter(schema) } }).validate('a', 'b', value)

  it('when it turns values into something else than JSON', () => {
    expect(
      refusal(
        z.string().transform((text) => new Date(text)),
        '2024-01-01',
      ),
    ).toMatchObject({
      ok: false,
      code: 'SCHEMA_INVALID',
      issues: [expect.stringContaining('not JSON')],
    })
  })

  it('when it does not accept its own output', () => {
    expect(refusal(z.string().transform(Number), '5')).toMatchObject({ ok: false, code: 'SCHEMA_INVALID' })
  })

  it('when it changes its own output again', () => {
    expect(
      refusal(
        z.number().transform((n) => n + 1),
        5,
      ),
    ).toMatchObject({ ok: false, code: 'SCHEMA_INVALID' })
    expect(() =>
      defineParameters({
        a: {
          b: parameter(
            z.number().transform((n) => n + 1),
            { default: 5 },
          ),
        },
      }),
    ).toThrow(coded('SCHEMA_INVALID', /^a\.b: /))
  })

  it('but coercing is fine, because it leaves its own output as it is', () => {
    expect(refusal(z.coerce.number(), '5')).toEqual({ ok: true, value: 5 })
  })

  it('when it is asynchronous, at the definition where it shows', () => {
    const schema = v.pipeAsync(
      v.string(),
      v.checkAsync(async () => true),
    )
    expect(() => defineParameters({ a: { b: parameter(schema) } })).toThrow(
      coded('SCHEMA_INVALID', /^a\.b: the schema does not judge at once/),
    )
  })

  it('when it is asynchronous, at the first use otherwise', () => {
    const schema = z.string().refine(async () => true)
    const declarations = defineParameters({ a: { b: parameter(schema) } })
    expect(declarations.validate('a', 'b', 'x')).toMatchObject({ ok: false, code: 'SCHEMA_INVALID' })
    expect(() => declarations.checkWrite('a', 'b', 'x')).toThrow(coded('SCHEMA_INVALID', /asynchronous/))
  })

  it('and a validator that throws has refused the value', () => {
    const schema = v.pipe(
      v.string(),
      v.check(() => {
        throw new RangeError('no such table')
      }),
    )
    expect(defineParameters({ a: { b: parameter(schema) } }).validate('a', 'b', 'x')).toEqual({
      ok: false,
      code: 'VALUE_INVALID',
      issues: ['the validator threw RangeError: no such table'],
    })
  })
})

describe('a definition is refused', () => {
  const number = parameter(z.number())

  it.each<[RegExp, () => unknown]>([
    [/^a\.b\.c: a section has a dot/, () => defineParameters({ 'a.b': { c: number } })],
    [/^\.c: a name is empty/, () => defineParameters({ '': { c: number } })],
    [/^a\.: a name is empty/, () => defineParameters({ a: { '': number } })],
    [
      /"median" is no merge rule/,
      () => defineParameters({ a: { b: parameter(z.number(), { merge: 'median' as 'max' }) } }),
    ],
    [
      /priority 0\.5 is no 32-bit integer/,
      () => defineParameters({ a: { b: parameter(z.number(), { priority: 0.5 }) } }),
    ],
    [/priority 2147483648 is no/, () => defineParameters({ a: { b: parameter(z.number(), { priority: 2 ** 31 }) } })],
    [/no Standard Schema validator/, () => defineParameters({ a: { b: parameter({} as z.ZodNumber) } })],
    [
      /^a\.b: declared twice/,
      () =>
        new Declarations(
          [...defineParameters({ a: { b: number } }).entries(), ...defineParameters({ a: { b: number } }).entries()],
          'allow',
        ),
    ],
  ])('%s', (detail, define) => {
    expect(define).toThrow(coded('SCHEMA_INVALID', detail))
  })
})
