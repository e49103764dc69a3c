import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ParameterChange } from '#core/events'
import { Replica } from '#core/replica'
import type { Update } from '#core/update'
import { type PastChange, pastChanges } from '#node/history'
import { historyEntry } from '#node/journal-entries'
import { MemoryJournal } from '#store/memory-journal'
import { TestNode } from '../support/history.ts'

/** Updates of one parameter by writers that have seen some of each other's. */
function written(steps: readonly { writer: number; seen: number; deletes: boolean }[]): Update[] {
  const writers = Array.from({ length: 3 }, (_, index) => new TestNode(index))
  const updates: Update[] = []
  for (const [i, { writer, seen, deletes }] of steps.entries()) {
    const node = writers[writer]!
    for (const [k, update] of updates.entries()) if ((seen >> (k % 16)) & 1) node.replica.merge(update)
    updates.push(node.write('p', deletes ? undefined : i, i))
  }
  return updates
}

const step = fc.record({ writer: fc.nat(2), seen: fc.nat(0xffff), deletes: fc.boolean() })
const arrivals = fc
  .array(step, { minLength: 1, maxLength: 12 })
  .map(written)
  .chain((updates) =>
    fc.tuple(fc.shuffledSubarray([...updates, ...updates], { minLength: 1 }), fc.integer({ min: 1, max: 30 })),
  )

const dots = (updates: readonly Update[]): string[] =>
  updates.map(({ origin, sequence }) => `${origin}:${sequence}`).sort()
const stoodBefore = ({ superseded, concurrent }: PastChange): string[] => dots([...superseded, ...concurrent])

describe('the history of a parameter, in whatever order its updates come', () => {
  it('ends in what stands, and each change begins where the one before it ended', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ([updates, limit]) => {
        const replica = new Replica({ stored: false })
        const journal = new MemoryJournal()
        journal.limit({ historyPerParameter: limit, historyTotal: 1_000_000, conflicts: 1 })
        for (const [atMs, update] of updates.entries()) {
          const changes: ParameterChange[] = []
          replica.merge(update, changes)
          journal.note({ history: changes.map((change) => historyEntry('remote', change, atMs)), conflicts: [] })
        }
        const standing = replica.siblings('s', 'p')
        const entries = await journal.history('s', 'p')
        const changes = pastChanges(entries, standing, limit)
        expect(changes.length).toBeLessThanOrEqual(limit)
        expect(dots(changes[0]!.standing)).toEqual(dots(standing))
        for (const [i, change] of changes.entries()) {
          const before = changes[i + 1]
          if (before !== undefined && change.source !== 'earlier')
            expect(stoodBefore(change)).toEqual(dots(before.standing))
        }
        // What is known only because it was replaced comes last, as far as there is room.
        const known = stoodBefore(changes[entries.length - 1]!)
        const earlier = dots(changes.slice(entries.length).map(({ update }) => update))
        expect(earlier).toHaveLength(Math.min(known.length, limit - entries.length))
        expect(known).toEqual(expect.arrayContaining(earlier))
      }),
      { numRuns: 2_000 },
    )
  })
})
