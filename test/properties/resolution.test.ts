import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CustomRule, CustomRules } from '#core/custom-rules'
import { type JsonValue, jsonDefect } from '#core/json'
import { compareRank, losersOf, resolve, resolveConflict, resolvedValue } from '#core/resolution'
import type { MergeRule, Update } from '#core/update'
import { compareVersionVectors } from '#core/version-vector'
import { sibling } from '../support/siblings.ts'

const HISTORIES = { numRuns: 10_000 }

const names: CustomRule = (siblings) => siblings.map(({ nodeId, value }) => ({ nodeId, value }))
const rules = new CustomRules({ names })
const rule = fc.constantFrom<MergeRule>(
  'latest',
  'max',
  'min',
  'average',
  'union',
  'deep-merge',
  'custom:names',
  'custom:absent',
)

/** Values that collide often, with all that rules can use, and the numbers where addition is not associative. */
const value: fc.Arbitrary<JsonValue | undefined> = fc
  .oneof(
    fc.constant(undefined),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: 0, max: 3 }),
    fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.string({ unit: 'binary', maxLength: 2 })), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    fc.jsonValue({ maxDepth: 2 }),
  )
  .map((drawn) => drawn as JsonValue | undefined)

const update = fc
  .record({
    node: fc.constantFrom('node', 'node-1', 'node-2', 'node.2'),
    incarnation: fc.integer({ min: 0, max: 2 }),
    value,
    rule,
    priority: fc.integer({ min: 0, max: 1 }),
    epoch: fc.integer({ min: 0, max: 1 }),
    timestampMs: fc.integer({ min: 1_000, max: 1_001 }),
    timestampLogical: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ node, value: drawn, ...options }) => sibling(node, drawn, options))

/** Concurrent updates have different origins. */
const siblings = fc.uniqueArray(update, { minLength: 1, maxLength: 8, selector: ({ origin }) => origin })
const inTwoOrders = siblings.chain((set) =>
  fc.tuple(fc.constant(set), fc.shuffledSubarray(set, { minLength: set.length, maxLength: set.length })),
)

it('depends on the set of the siblings alone, to the last bit', () => {
  fc.assert(
    fc.property(inTwoOrders, ([one, other]) => {
      expect(resolve(other, rules)).toStrictEqual(resolve(one, rules))
    }),
    HISTORIES,
  )
})

it('gives JSON exactly where some sibling has a value, and a winner from among the strongest', () => {
  fc.assert(
    fc.property(siblings, (set) => {
      const { value: resolved, deleted, winner } = resolve(set, rules)
      expect(deleted).toBe(set.every((member) => member.value === undefined))
      expect(resolved === undefined).toBe(deleted)
      if (resolved !== undefined) expect(jsonDefect(resolved, 64)).toBeUndefined()
      const strongest = set.filter((member) => deleted || member.value !== undefined)
      expect(winner.priority).toBe(Math.max(...strongest.map((member) => member.priority)))
      expect(losersOf(set, winner)).toHaveLength(set.length - 1)
      expect(resolvedValue(set, rules)).toStrictEqual(resolved)
    }),
    HISTORIES,
  )
})

it('never lets a tombstone decide the value, so that it does not matter who still keeps it', () => {
  fc.assert(
    fc.property(siblings, (set) => {
      const values = set.filter((member) => member.value !== undefined)
      fc.pre(values.length > 0)
      expect(resolve(set, rules).value).toStrictEqual(resolve(values, rules).value)
    }),
    HISTORIES,
  )
})

it('ranks totally', () => {
  fc.assert(
    fc.property(update, update, update, (a, b, c) => {
      expect(Math.sign(compareRank(a, b))).toBe(-Math.sign(compareRank(b, a)) + 0)
      expect(compareRank(a, b) === 0).toBe(samePlace(a, b))
      if (compareRank(a, b) > 0 && compareRank(b, c) > 0) expect(compareRank(a, c)).toBeGreaterThan(0)
    }),
    HISTORIES,
  )
})

const samePlace = (a: Update, b: Update): boolean =>
  a.origin === b.origin &&
  a.epoch === b.epoch &&
  a.timestampMs === b.timestampMs &&
  a.timestampLogical === b.timestampLogical

it('agrees with the pairwise rule where there are two values and no rule of their own', () => {
  fc.assert(
    fc.property(update, update, (drawnA, drawnB) => {
      const a = { ...drawnA, value: 'a', rule: 'latest' as const, epoch: 0 }
      const b = { ...drawnB, value: 'b', rule: 'latest' as const, epoch: 0 }
      fc.pre(nodeId(a) !== nodeId(b))
      const party = (member: Update) => ({
        priority: member.priority,
        timestamp: [member.timestampMs, member.timestampLogical] as const,
        nodeId: nodeId(member),
        value: member.value,
      })
      expect(resolve([a, b]).value).toBe(resolveConflict(party(a), party(b)).value)
    }),
    HISTORIES,
  )
})

const nodeId = (member: Update): string => member.origin.split('~')[0]!

it('finds no purity violation in pure rules', () => {
  const watched = new CustomRules({ names }, 'development')
  fc.assert(
    fc.property(siblings, (set) => {
      // One dot names one content for ever, which random siblings do not respect: number them by their content.
      const numbered = set.map((member) => ({ ...member, rule: 'custom:names' as const, sequence: nextSequence() }))
      expect(resolve(numbered, watched).ruleRejected).toBeUndefined()
      expect(resolve(numbered, watched).ruleRejected).toBeUndefined()
    }),
    { numRuns: 2_000 },
  )
})

let lastSequence = 0
const nextSequence = (): Update['sequence'] => {
  lastSequence += 1
  return lastSequence as Update['sequence']
}

const vector = fc.dictionary(fc.constantFrom('node-1', 'node-2', 'node-3'), fc.integer({ min: 0, max: 2 }))

it('orders version vectors as the product of their counts', () => {
  fc.assert(
    fc.property(vector, vector, (a, b) => {
      const writers = ['node-1', 'node-2', 'node-3']
      const atLeast = (x: typeof a, y: typeof a) => writers.every((writer) => (x[writer] ?? 0) >= (y[writer] ?? 0))
      const expected = atLeast(a, b) ? (atLeast(b, a) ? 'equal' : 'greater') : atLeast(b, a) ? 'less' : 'concurrent'
      expect(compareVersionVectors(a, b)).toBe(expected)
    }),
    HISTORIES,
  )
})
