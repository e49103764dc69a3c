import { expect, it } from 'vitest'
import { explain } from '#core/explanation'
import { resolve } from '#core/resolution'
import type { Update } from '#core/update'
import { sibling } from '../../support/siblings.ts'

const explained = (...siblings: readonly Update[]): string => explain(siblings, resolve(siblings))

it('says by how much the winner was later', () => {
  expect(explained(sibling('node-1', 15), sibling('node-3', 20, { timestampMs: 1_012 }))).toBe(
    "node-3's 20 won over node-1's 15: written without knowledge of each other, equal priority, node-3's is 12 ms later",
  )
})

it.each<[string, Update, Update]>([
  [
    "equal priority, node-2's is later by its logical clock, in the same millisecond",
    sibling('node-1', 1),
    sibling('node-2', 2, { timestampLogical: 1 }),
  ],
  ['equal priority, equal time, node-2 is the greater node id', sibling('node-1', 1), sibling('node-2', 2)],
  [
    'equal priority, equal time and node, the greater incarnation wins',
    sibling('node-1', 1),
    sibling('node-1', 2, { incarnation: 1 }),
  ],
  [
    "equal priority, node-1's is of reign 4 against 3",
    sibling('node-1', 1, { epoch: 4 }),
    sibling('node-2', 2, { epoch: 3 }),
  ],
  ["node-1's has priority 5 against 0", sibling('node-1', 1, { priority: 5 }), sibling('node-2', 2)],
  ['and a delete loses to a value', sibling('node-1', 1), sibling('node-2', undefined, { priority: 5 })],
])('says: %s', (reason, a, b) => {
  expect(explained(a, b).split(' each other, ')[1]).toBe(reason)
})

it('names what a rule merged', () => {
  const siblings = [1, 2, 3, 4, 5].map((n) => sibling(`node-${n}`, n, { rule: 'average' }))
  expect(explained(...siblings)).toBe(
    "average made 3 of node-5's 5, node-4's 4, node-3's 3 and 2 more: written without knowledge of each other, equal priority",
  )
})

it('says that a rule is not known here', () => {
  expect(explained(sibling('node-1', 1), sibling('node-2', 2, { rule: 'custom:x' }))).toMatch(
    /; custom:x is not known here, so latest decided$/,
  )
})

it('shortens long values', () => {
  const text = explained(sibling('node-1', 'x'.repeat(1_000)), sibling('node-2', undefined))
  expect(text.length).toBeLessThan(200)
  expect(text).toContain("node-2's delete")
})

it('has a sentence for an only sibling', () => {
  expect(explained(sibling('node-1', 1))).toBe("node-1's 1 stands alone")
})
