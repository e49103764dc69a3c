import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LiveEntry, LiveList } from '#core/live-list'
import type { Update } from '#core/update'

const entryOf = (sequence: number) => new LiveEntry({ sequence } as Update, 0, 0)
const sequencesFrom = (list: LiveList, from: number) =>
  Array.from(list.from(from), ({ sequence }) => sequence as number)

describe('LiveList', () => {
  it('holds what was linked and not unlinked, ascending, whatever the order and wherever reading begins', () => {
    const operation = fc.record({
      kind: fc.constantFrom('link', 'link', 'unlink', 'read'),
      sequence: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        const list = new LiveList()
        const entries = new Map<number, LiveEntry>()
        const expected = (from: number) => [...entries.keys()].filter((n) => n >= from).sort((a, b) => a - b)
        for (const { kind, sequence } of operations) {
          const entry = entries.get(sequence)
          if (kind === 'link' && entry === undefined) {
            entries.set(sequence, entryOf(sequence))
            list.link(entries.get(sequence)!)
          } else if (kind === 'unlink' && entry !== undefined) {
            entries.delete(sequence)
            list.unlink(entry)
          } else if (kind === 'read') expect(sequencesFrom(list, sequence)).toEqual(expected(sequence))
          expect(list.find(sequence)).toBe(entries.get(sequence))
        }
        expect(sequencesFrom(list, 1)).toEqual(expected(1))
      }),
      { numRuns: 5_000 },
    )
  })

  it('goes on reading where a part ended', () => {
    const list = new LiveList()
    for (let n = 1; n <= 10; n++) list.link(entryOf(n))
    const [first, second] = list.from(4)
    expect([first!.sequence, second!.sequence]).toEqual([4, 5])
    expect(sequencesFrom(list, 6)).toEqual([6, 7, 8, 9, 10])
  })
})
