import { describe, expect, it } from 'vitest'
import { type CustomRule, CustomRules, type RuleMode, type RuleSibling } from '#core/custom-rules'
import type { JsonValue } from '#core/json'
import { sibling } from '../../support/siblings.ts'

const sorted = [
  sibling('node-2', { size: 2 }, { priority: 3, timestampLogical: 7 }),
  sibling('node-1', { size: 1 }, { priority: 3 }),
]
const sumSizes: CustomRule = (siblings) =>
  siblings.reduce((sum, { value }) => sum + (value as { size: number }).size, 0)

const only = (rule: CustomRule, mode: RuleMode): CustomRules => new CustomRules({ rule }, mode)

describe.each<RuleMode>(['production', 'development'])('a custom rule in %s', (mode) => {
  it('is given the siblings, the greatest first', () => {
    let given: readonly RuleSibling[] = []
    const outcome = only((siblings) => {
      given = siblings
      return sumSizes(siblings)
    }, mode).apply('rule', sorted)
    expect(outcome).toEqual({ kind: 'merged', value: 3 })
    expect(given.map((it) => ({ ...it }))).toEqual([
      {
        value: { size: 2 },
        nodeId: 'node-2',
        timestamp: [1_000, 7],
        priority: 3,
        origin: 'node-2~0000000000000000',
        sequence: 1,
      },
      {
        value: { size: 1 },
        nodeId: 'node-1',
        timestamp: [1_000, 0],
        priority: 3,
        origin: 'node-1~0000000000000000',
        sequence: 1,
      },
    ])
  })

  it('is missing where nobody gave it', () => {
    expect(only(sumSizes, mode).apply('other', sorted)).toEqual({ kind: 'missing' })
    expect(new CustomRules().apply('toString', sorted)).toEqual({ kind: 'missing' })
  })

  it('is refused when it throws', () => {
    const rule: CustomRule = () => {
      throw new TypeError('no size')
    }
    expect(only(rule, mode).apply('rule', sorted)).toEqual({
      kind: 'refused',
      detail: 'the rule threw TypeError: no size',
    })
  })

  it.each([
    ['undefined', () => undefined],
    ['NaN', () => Number.NaN],
    ['an instance of a class', () => new Map()],
    ['a promise', () => Promise.reject(new Error('late'))],
    ['a bigint', () => 1n],
  ])('is refused when it returns %s', (_name, returns) => {
    const outcome = only(() => returns() as unknown as JsonValue, mode).apply('rule', sorted)
    expect(outcome).toMatchObject({ kind: 'refused', detail: expect.stringContaining('returned no JSON') })
  })

  it('cannot change the siblings, in place or through what it returned', () => {
    const value = { list: [1] }
    const kept: { list: number[] }[] = []
    const rule: CustomRule = (siblings) => {
      const own = siblings[0]!.value as { list: number[] }
      kept.push(own)
      return own
    }
    const outcome = only(rule, mode).apply('rule', [sibling('node-2', value), sibling('node-1', 0)])
    for (const own of kept) {
      try {
        own.list.push(2)
      } catch {
        // frozen in development
      }
    }
    expect(value).toEqual({ list: [1] })
    expect(outcome).toEqual({ kind: 'merged', value: { list: [1] } })
  })

  it('cannot change the list of the siblings', () => {
    const rule: CustomRule = (siblings) => (siblings as RuleSibling[]).pop()!.value
    expect(only(rule, mode).apply('rule', sorted)).toMatchObject({ kind: 'refused' })
  })
})

it('in production is called once', () => {
  let calls = 0
  only(() => ++calls, 'production').apply('rule', sorted)
  expect(calls).toBe(1)
})

describe('in development a rule that is no function of the siblings is refused', () => {
  it('when it keeps a state that shows at once', () => {
    let calls = 0
    const rules = only(() => ++calls, 'development')
    expect(rules.apply('rule', sorted)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('twice in a row'),
    })
  })

  it('when it draws random numbers', () => {
    const rules = only(() => Math.random(), 'development')
    expect(rules.apply('rule', sorted)).toMatchObject({ kind: 'refused' })
  })

  it('when it changes what it is given', () => {
    const rule: CustomRule = (siblings) => {
      const value = siblings[0]!.value as { size: number }
      value.size += 1
      return value.size
    }
    expect(only(rule, 'development').apply('rule', sorted)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('TypeError'),
    })
  })

  it('when it comes to another value later, and from then on', () => {
    let environment = 1
    const rules = only((siblings) => siblings.length * environment, 'development')
    expect(rules.apply('rule', sorted)).toEqual({ kind: 'merged', value: 2 })
    environment = 2
    expect(rules.apply('rule', sorted)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('than before'),
    })
    environment = 1
    expect(rules.apply('rule', sorted)).toMatchObject({ kind: 'refused' })
    expect(rules.apply('rule', sorted.slice(1))).toMatchObject({ kind: 'refused' })
  })

  it('but not when the same value comes with its keys in another order', () => {
    let turn = false
    const rule: CustomRule = () => {
      turn = !turn
      return turn ? { a: 1, b: 2 } : { b: 2, a: 1 }
    }
    expect(only(rule, 'development').apply('rule', sorted)).toEqual({ kind: 'merged', value: { a: 1, b: 2 } })
  })

  it('and forgets the oldest outcomes, so that memory stays bounded', () => {
    let environment = 1
    const rules = only(() => environment, 'development')
    const siblingsOf = (sequence: number) => [sibling('node-2', 2, { sequence }), sibling('node-1', 1)]
    for (let sequence = 1; sequence <= 600; sequence++) rules.apply('rule', siblingsOf(sequence))
    environment = 2
    expect(rules.apply('rule', siblingsOf(1))).toEqual({ kind: 'merged', value: 2 })
    expect(rules.apply('rule', siblingsOf(600))).toMatchObject({ kind: 'refused' })
  })
})
