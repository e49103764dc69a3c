import { describe, expect, it } from 'vitest'
import { supersedes } from '#core/causal-context'
import { CustomRules } from '#core/custom-rules'
import { compareRank, losersOf, resolve, resolveConflict, resolvedValue, ruleTrouble } from '#core/resolution'
import type { MergeRule, Update } from '#core/update'
import { sibling } from '../../support/siblings.ts'

describe('the conflict rules', () => {
  it('rule 1: the higher priority wins, whatever the time', () => {
    const urgent = { priority: 2, timestamp: 1, nodeId: 'node_1' }
    const later = { priority: 1, timestamp: 9, nodeId: 'node_2' }
    expect(resolveConflict(urgent, later)).toBe(urgent)
    expect(resolveConflict(later, urgent)).toBe(urgent)
  })

  it('rule 1: no priority is priority 0', () => {
    const negative = { priority: -1, timestamp: 9, nodeId: 'node_1' }
    const plain = { timestamp: 1, nodeId: 'node_2' }
    expect(resolveConflict(negative, plain)).toBe(plain)
  })

  it('rule 2: of equal priority the later timestamp wins', () => {
    const earlier = { timestamp: 1, nodeId: 'node_2' }
    const later = { timestamp: 2, nodeId: 'node_1' }
    expect(resolveConflict(earlier, later)).toBe(later)
    expect(resolveConflict(later, earlier)).toBe(later)
  })

  it('rule 2: within a millisecond the logical part decides', () => {
    const earlier = { timestamp: 5, nodeId: 'node_2' }
    const later = { timestamp: [5, 1] as const, nodeId: 'node_1' }
    expect(resolveConflict(earlier, later)).toBe(later)
    expect(resolveConflict(later, earlier)).toBe(later)
  })

  it('rule 3: of equal timestamps the greater node id wins, and the second of two equals', () => {
    const smaller = { timestamp: 5, nodeId: 'node_1' }
    const greater = { timestamp: 5, nodeId: 'node_2' }
    const equal = { timestamp: 5, nodeId: 'node_2' }
    expect(resolveConflict(smaller, greater)).toBe(greater)
    expect(resolveConflict(greater, smaller)).toBe(greater)
    expect(resolveConflict(greater, equal)).toBe(equal)
  })

  it('rule 4: a parameter may have a merge rule of its own', () => {
    const siblings = [
      sibling('node-1', 30, { rule: 'max' }),
      sibling('node-2', 20, { rule: 'max', timestampMs: 2_000 }),
    ]
    expect(resolve(siblings)).toMatchObject({ value: 30, decidedBy: 'max' })
  })
})

describe('resolve', () => {
  it('takes an only sibling as it was written, without its rule', () => {
    const only = sibling('node-1', ['b', 'a', 'a'], { rule: 'union' })
    expect(resolve([only])).toEqual({
      deleted: false,
      value: ['b', 'a', 'a'],
      winner: only,
      decidedBy: 'latest',
      missingRule: undefined,
      ruleRejected: undefined,
    })
    expect(resolvedValue([only])).toBe(only.value)
  })

  it('is deleted when every sibling is a tombstone', () => {
    const later = sibling('node-1', undefined, { timestampMs: 2_000 })
    expect(resolve([sibling('node-2', undefined), later])).toMatchObject({
      deleted: true,
      winner: later,
      decidedBy: 'timestamp',
    })
    expect(resolvedValue([later])).toBeUndefined()
  })

  it('lets a delete lose to a concurrent write, in spite of its priority and time', () => {
    const kept = sibling('node-1', 1)
    const deleted = sibling('node-2', undefined, { priority: 9, timestampMs: 9_000, epoch: 9 })
    expect(resolve([deleted, kept])).toMatchObject({
      deleted: false,
      value: 1,
      winner: kept,
      decidedBy: 'delete-loses',
    })
  })

  it('takes null for a value', () => {
    expect(resolve([sibling('node-1', null), sibling('node-2', undefined, { priority: 1 })])).toMatchObject({
      deleted: false,
      value: null,
    })
  })

  it.each<[string, Update, Update]>([
    ['priority', sibling('node-1', 1, { priority: 1 }), sibling('node-2', 2, { epoch: 9, timestampMs: 9_000 })],
    ['epoch', sibling('node-1', 1, { epoch: 2 }), sibling('node-2', 2, { epoch: 1, timestampMs: 9_000 })],
    ['timestamp', sibling('node-1', 1, { timestampMs: 1_001 }), sibling('node-2', 2, { timestampLogical: 9 })],
    ['timestamp', sibling('node-1', 1, { timestampLogical: 1 }), sibling('node-2', 2)],
    ['node-id', sibling('node-2', 1), sibling('node-1', 2, { incarnation: 9 })],
    ['incarnation', sibling('node-1', 1, { incarnation: 2 }), sibling('node-1', 2, { incarnation: 1 })],
  ])('decides by %s', (decidedBy, winner, loser) => {
    expect(resolve([winner, loser])).toMatchObject({ value: 1, winner, decidedBy })
    expect(resolve([loser, winner])).toMatchObject({ value: 1, winner, decidedBy })
  })

  it('says what decided against the strongest loser', () => {
    const winner = sibling('node-3', 3)
    const siblings = [
      sibling('node-1', undefined),
      winner,
      sibling('node-2', 2),
      sibling('node-4', 4, { priority: -1 }),
    ]
    expect(resolve(siblings).decidedBy).toBe('node-id')
    expect(losersOf(siblings, winner).map((loser) => loser.value)).toEqual([2, 4, undefined])
  })

  it('merges those of the highest priority only, by the rule of the greatest', () => {
    const siblings = [
      sibling('node-1', 5, { rule: 'min' }),
      sibling('node-2', 9, { rule: 'max' }),
      sibling('node-3', 100, { rule: 'max', priority: -1 }),
      sibling('node-4', undefined, { rule: 'min', priority: 5 }),
    ]
    expect(resolve(siblings)).toMatchObject({ value: 9, decidedBy: 'max' })
  })

  it('takes latest and says so where a rule is not known', () => {
    const greatest = sibling('node-2', 2, { rule: 'custom:widest' })
    const siblings = [sibling('node-1', 1, { rule: 'max' }), greatest]
    expect(resolve(siblings)).toMatchObject({
      value: 2,
      winner: greatest,
      decidedBy: 'node-id',
      missingRule: 'custom:widest',
    })
    const later = [sibling('node-1', 1), sibling('node-2', 2, { rule: 'median' as MergeRule })]
    expect(resolve(later)).toMatchObject({ value: 2, missingRule: 'median' })
  })

  it('takes latest and says so where a custom rule breaks its contract', () => {
    const rules = new CustomRules({
      bad: () => {
        throw new Error('no')
      },
    })
    const siblings = [sibling('node-1', 1), sibling('node-2', 2, { rule: 'custom:bad' })]
    expect(resolve(siblings, rules)).toMatchObject({
      value: 2,
      decidedBy: 'node-id',
      missingRule: undefined,
      ruleRejected: 'custom:bad: the rule threw Error: no',
    })
    expect(ruleTrouble(resolve(siblings, rules))).toMatchObject({ code: 'RULE_IMPURE' })
    expect(ruleTrouble(resolve(siblings.slice(0, 1), rules))).toBeUndefined()
  })

  it('refuses to resolve nothing', () => {
    expect(() => resolve([])).toThrow('resolution needs a sibling')
  })

  it('does not change the siblings it is given', () => {
    const siblings = Object.freeze([sibling('node-1', 1), sibling('node-2', 2, { rule: 'average' })])
    expect(resolve(siblings).value).toBe(1.5)
    expect(losersOf(siblings, siblings[1]!)).toEqual([siblings[0]])
  })
})

describe('the cycle that the pairwise rule runs into', () => {
  // B was written with A seen, C without either; C ranks between A and B.
  const a = sibling('node-1', 'A', { priority: 2 })
  const b = sibling('node-2', 'B', { context: { [a.origin]: 1 } })
  const c = sibling('node-3', 'C', { priority: 1 })
  const pairwise = (current: Update, next: Update): Update => {
    if (supersedes(next, current.origin, current.sequence)) return next
    if (supersedes(current, next.origin, next.sequence)) return current
    return current.priority > next.priority ? current : next
  }
  const bySiblings = (kept: readonly Update[], next: Update): readonly Update[] => {
    if (kept.some((held) => supersedes(held, next.origin, next.sequence))) return kept
    return [...kept.filter((held) => !supersedes(next, held.origin, held.sequence)), next]
  }
  const orders = [
    [a, b, c],
    [a, c, b],
    [b, a, c],
    [b, c, a],
    [c, a, b],
    [c, b, a],
  ]

  it('ends with different values where only a winner is kept', () => {
    expect(new Set(orders.map((order) => order.reduce(pairwise).value)).size).toBeGreaterThan(1)
  })

  it('ends with one value where the siblings are kept', () => {
    const values = orders.map((order) => resolve(order.reduce(bySiblings, [] as readonly Update[])).value)
    expect(values).toEqual(['C', 'C', 'C', 'C', 'C', 'C'])
  })
})

it('compares node ids before incarnations, although the origin of the shorter one is the greater text', () => {
  const shorter = sibling('node', 1)
  const longer = sibling('node-1', 2)
  expect(shorter.origin > longer.origin).toBe(true)
  expect(compareRank(shorter, longer)).toBeLessThan(0)
})
