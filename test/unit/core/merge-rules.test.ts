import { describe, expect, it } from 'vitest'
import type { JsonValue } from '#core/json'
import { canonicalJson } from '#core/json'
import { compareUtf8, isMergeRule } from '#core/merge-rules'
import { resolve } from '#core/resolution'
import type { MergeRule } from '#core/update'
import { sibling } from '../../support/siblings.ts'

/** Siblings written one after the other, the last value being the greatest. */
const merge = (rule: MergeRule, ...values: readonly JsonValue[]) =>
  resolve(values.map((value, i) => sibling(`node-${i}`, value, { rule, timestampMs: 1_000 + i })))

describe('max and min', () => {
  it('take the extreme number, and its writer for the winner', () => {
    expect(merge('max', 30, 10, 20)).toMatchObject({ value: 30, winner: { origin: 'node-0~0000000000000000' } })
    expect(merge('min', 30, 10, 20)).toMatchObject({ value: 10, winner: { origin: 'node-1~0000000000000000' } })
  })

  it('of equal numbers take the latest', () => {
    expect(merge('max', 30, 30, 20).winner.timestampMs).toBe(1_001)
  })

  it('leave out what is no number', () => {
    expect(merge('max', '99', 10, 20, null, [500])).toMatchObject({ value: 20, decidedBy: 'max' })
  })

  it('take latest where nothing is a number', () => {
    expect(merge('min', 'a', 'b')).toMatchObject({ value: 'b', decidedBy: 'timestamp', missingRule: undefined })
  })
})

describe('average', () => {
  it('is the mean of the numbers', () => {
    expect(merge('average', 1, 'x', 2, 6).value).toBe(3)
  })

  it('is the same to the last bit in any order of arrival', () => {
    const siblings = [0.1, 0.2, 0.3, 1e16, -1e16].map((value, i) => sibling(`node-${i}`, value, { rule: 'average' }))
    const reversed = siblings.toReversed()
    expect(resolve(reversed).value).toBe(resolve(siblings).value)
    const plainSum = (values: readonly (typeof siblings)[number][]) =>
      values.reduce((sum, { value }) => sum + (value as number), 0)
    expect(plainSum(siblings)).not.toBe(plainSum(reversed))
  })

  it('stays finite', () => {
    expect(merge('average', Number.MAX_VALUE, Number.MAX_VALUE).value).toBe(Number.MAX_VALUE)
    expect(merge('average', Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE).value).toBe(Number.MAX_VALUE)
    expect(Number.isFinite(merge('average', ...Array<number>(7).fill(Number.MAX_VALUE)).value)).toBe(true)
  })
})

describe('union', () => {
  it('takes the arrays as sets, by content', () => {
    expect(merge('union', ['b', { x: 1, y: 2 }], ['a', { y: 2, x: 1 }, 'a']).value).toEqual(['a', 'b', { y: 2, x: 1 }])
  })

  it('orders by the bytes of the canonical JSON', () => {
    expect(merge('union', [10, 9, null], ['z', true]).value).toEqual(['z', 10, 9, null, true])
  })

  it('orders by UTF-8 bytes, which is not the order of code units', () => {
    const [belowSurrogates, astral] = ['\uff5e', '\u{1f600}']
    expect(belowSurrogates > astral).toBe(true)
    expect(merge('union', [astral], [belowSurrogates]).value).toEqual([belowSurrogates, astral])
  })

  it('leaves out what is no array', () => {
    expect(merge('union', { a: 1 }, [2, 1], 'x')).toMatchObject({ value: [1, 2], decidedBy: 'union' })
  })
})

describe('deep-merge', () => {
  it('takes every leaf, the latest of each', () => {
    const merged = merge('deep-merge', { a: 1, b: { x: 1, y: 1 } }, { b: { y: 2 }, c: [1] }, { c: [2], d: null })
    expect(merged.value).toEqual({ a: 1, b: { x: 1, y: 2 }, c: [2], d: null })
  })

  it('lets a later leaf hide an older object, and the reverse', () => {
    expect(merge('deep-merge', { a: { x: 1 } }, { a: 5 }).value).toEqual({ a: 5 })
    expect(merge('deep-merge', { a: 5 }, { a: { x: 1 } }).value).toEqual({ a: { x: 1 } })
    expect(merge('deep-merge', { a: { z: 3 } }, { a: 5 }, { a: { x: 1 } }).value).toEqual({ a: { x: 1 } })
  })

  it('leaves out what is no object', () => {
    expect(merge('deep-merge', { a: 1 }, [1, 2], 'x', { b: 2 }).value).toEqual({ a: 1, b: 2 })
  })

  it('takes __proto__ for a name like any other', () => {
    const merged = merge('deep-merge', JSON.parse('{"__proto__":{"polluted":1}}'), JSON.parse('{"__proto__":{"x":2}}'))
    expect(canonicalJson(merged.value!)).toBe('{"__proto__":{"polluted":1,"x":2}}')
    expect(Object.getPrototypeOf(merged.value)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('merges as deep as values go', () => {
    const nested = (key: string): JsonValue => {
      let value: JsonValue = 1
      for (let depth = 0; depth < 64; depth++) value = { [key]: value, [`d${depth}`]: depth }
      return value
    }
    expect(Object.keys(merge('deep-merge', nested('a'), nested('b')).value as object).sort()).toEqual(['a', 'b', 'd63'])
  })
})

it('knows the rules by name', () => {
  for (const rule of ['latest', 'max', 'min', 'average', 'union', 'deep-merge', 'custom:x'])
    expect(isMergeRule(rule)).toBe(true)
  for (const rule of ['', 'median', 'custom:', 'custom:a\nb', 'custom', 'toString'])
    expect(isMergeRule(rule)).toBe(false)
})

it('compares like the bytes of UTF-8', () => {
  const texts = [
    '',
    'a',
    'ab',
    'b',
    '\u00e9',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
    'a\u{1f600}',
    'a\uff5e',
  ]
  const encoder = new TextEncoder()
  for (const a of texts)
    for (const b of texts)
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(encoder.encode(a), encoder.encode(b)))
})
