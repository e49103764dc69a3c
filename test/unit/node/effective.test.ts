import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CustomRules } from '#core/custom-rules'
import type { Update } from '#core/update'
import { type Declarations, NO_DECLARATIONS } from '#node/declarations'
import { EffectiveValues } from '#node/effective'
import { defineParameters, parameter } from '#node/parameters'
import { sibling } from '../../support/siblings.ts'

const [SECTION, PARAMETER] = ['mesh', 'batch_size_limit']
const rules = new CustomRules()

const withDefault = defineParameters({
  [SECTION]: { [PARAMETER]: parameter(z.number().int().min(1), { default: 10 }) },
})
const withoutDefault = defineParameters({ [SECTION]: { [PARAMETER]: parameter(z.number().int().min(1)) } })

/** The outcome after each state of the siblings in turn. */
const outcomeOf = (declarations: Declarations, ...states: readonly (readonly Update[])[]) => {
  const values = new EffectiveValues(declarations, rules)
  return states.map((siblings) => values.inspect(SECTION, PARAMETER, siblings)).at(-1)!
}

const valid = sibling('node-1', 5)
const invalid = sibling('node-2', -1, { timestampMs: 2_000 })
const tombstone = sibling('node-3', undefined)

describe('a declared parameter', () => {
  it('has the resolved value where that is valid', () => {
    expect(outcomeOf(withDefault, [valid])).toEqual({ value: 5, source: 'resolved', deleted: false })
  })

  it('has the greatest valid sibling where it is not', () => {
    const lesser = sibling('node-0', 4)
    const effective = outcomeOf(withDefault, [lesser, invalid, valid, tombstone])
    expect(effective).toMatchObject({
      value: 5,
      source: 'sibling',
      deleted: false,
      rejected: { code: 'VALUE_INVALID' },
    })
    expect(effective.rejected?.issues).toHaveLength(1)
  })

  it('prefers priority over time among valid siblings, as resolution does', () => {
    const important = sibling('node-0', 4, { priority: -1 })
    const urgent = sibling('node-4', 'wrong', { priority: 1 })
    expect(outcomeOf(withDefault, [important, urgent, valid])).toMatchObject({ value: 5, source: 'sibling' })
  })

  it('has a sibling where a merge made something that is not valid of valid ones', () => {
    const siblings = [sibling('node-1', 1, { rule: 'average' }), sibling('node-2', 2, { rule: 'average' })]
    expect(outcomeOf(withDefault, siblings)).toMatchObject({ value: 2, source: 'sibling' })
  })

  it('keeps the last valid value, marked stale, where no sibling is valid', () => {
    expect(outcomeOf(withDefault, [valid], [invalid])).toMatchObject({
      value: 5,
      source: 'stale',
      rejected: { code: 'VALUE_INVALID' },
    })
    const worse = sibling('node-2', 'x', { sequence: 2 })
    expect(outcomeOf(withDefault, [valid], [invalid], [worse])).toMatchObject({ value: 5, source: 'stale' })
    expect(outcomeOf(withDefault, [invalid, valid], [invalid])).toMatchObject({ value: 5, source: 'stale' })
  })

  it('has the default where nothing valid was ever written', () => {
    expect(outcomeOf(withDefault, [])).toEqual({ value: 10, source: 'default', deleted: false })
    expect(outcomeOf(withDefault, [invalid])).toMatchObject({
      value: 10,
      source: 'default',
      rejected: { code: 'VALUE_INVALID' },
    })
    expect(outcomeOf(withoutDefault, [])).toEqual({ value: undefined, source: 'none', deleted: false })
    expect(outcomeOf(withoutDefault, [invalid])).toMatchObject({
      value: undefined,
      source: 'none',
      rejected: { code: 'VALUE_INVALID' },
    })
  })

  it('has the default again when it is deleted', () => {
    expect(outcomeOf(withDefault, [valid], [tombstone])).toEqual({ value: 10, source: 'default', deleted: true })
    expect(outcomeOf(withoutDefault, [valid], [tombstone])).toEqual({ value: undefined, source: 'none', deleted: true })
  })

  it('does not come back from a delete by an invalid write', () => {
    expect(outcomeOf(withDefault, [valid], [tombstone], [invalid])).toMatchObject({
      value: 10,
      source: 'default',
      deleted: false,
    })
    expect(outcomeOf(withoutDefault, [valid], [tombstone], [invalid])).toMatchObject({
      value: undefined,
      source: 'none',
    })
  })

  it('becomes current again with the next valid write', () => {
    const next = sibling('node-2', 7, { sequence: 2 })
    expect(outcomeOf(withDefault, [valid], [invalid], [next])).toEqual({ value: 7, source: 'resolved', deleted: false })
  })

  it('gives the output of the schema, whoever wrote the value', () => {
    const filled = defineParameters({ [SECTION]: { [PARAMETER]: parameter(z.object({ a: z.number().default(1) })) } })
    expect(outcomeOf(filled, [sibling('node-1', {})]).value).toEqual({ a: 1 })
  })

  it('cannot be changed by whom it was given to', () => {
    const shape = z.object({ list: z.array(z.number()) })
    const values = defineParameters({ [SECTION]: { [PARAMETER]: parameter(shape, { default: { list: [1] } }) } })
    for (const siblings of [
      [],
      [sibling('node-1', { list: [2] })],
      [sibling('node-1', { list: [2] }), sibling('node-2', 0)],
    ]) {
      const { list } = outcomeOf(values, siblings).value as { list: number[] }
      expect(() => list.push(9)).toThrow(TypeError)
    }
  })

  it('is validated once for each set of siblings, the same updates in a new array included', () => {
    let calls = 0
    const schema = z.number().refine(() => {
      calls += 1
      return true
    })
    const values = new EffectiveValues(defineParameters({ [SECTION]: { [PARAMETER]: parameter(schema) } }), rules)
    for (let i = 0; i < 3; i++) values.get(SECTION, PARAMETER, [valid])
    expect(calls).toBe(1)
    values.get(SECTION, PARAMETER, [sibling('node-1', 5)])
    expect(calls).toBe(2)
  })
})

describe('a change', () => {
  it('has what was effective before and now', () => {
    const values = new EffectiveValues(withDefault, rules)
    expect(values.change(SECTION, PARAMETER, [], [valid])).toMatchObject({ previous: { value: 10 }, now: { value: 5 } })
    expect(values.change(SECTION, PARAMETER, [valid], [invalid])).toMatchObject({
      previous: { value: 5, source: 'resolved' },
      now: { value: 5, source: 'stale' },
    })
  })

  it('finds the last valid value even when nobody had looked at it', () => {
    const values = new EffectiveValues(withDefault, rules)
    expect(values.change(SECTION, PARAMETER, [valid], [invalid]).now).toMatchObject({ value: 5, source: 'stale' })
  })
})

describe('a parameter that nobody declared', () => {
  it('has whatever resolution makes of it', () => {
    expect(outcomeOf(NO_DECLARATIONS, [])).toEqual({ value: undefined, source: 'none', deleted: false })
    expect(outcomeOf(NO_DECLARATIONS, [valid, invalid])).toEqual({ value: -1, source: 'resolved', deleted: false })
    expect(outcomeOf(NO_DECLARATIONS, [sibling('node-1', null)])).toEqual({
      value: null,
      source: 'resolved',
      deleted: false,
    })
    expect(outcomeOf(NO_DECLARATIONS, [valid], [tombstone])).toEqual({
      value: undefined,
      source: 'none',
      deleted: true,
    })
  })

  it('can be read as a mere value', () => {
    const values = new EffectiveValues(NO_DECLARATIONS, rules)
    expect(values.get(SECTION, PARAMETER, [])).toBeUndefined()
    expect(values.get(SECTION, PARAMETER, [tombstone])).toBeUndefined()
    expect(values.get(SECTION, PARAMETER, [valid, invalid])).toBe(-1)
  })
})
