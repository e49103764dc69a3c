import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LiveEntry } from '#core/live-list'
import { keyedHash, SlotTable } from '#core/slot-table'
import type { Update } from '#core/update'

const slotOf = (parameter: string) => new LiveEntry({ parameter } as Update, 0, 0)

/** Names whose places in a small table lie together, around its end as well: what is deleted there leaves gaps to close. */
function neighbours(count: number): string[] {
  const places = [13, 14, 15, 0, 1]
  const names: string[] = []
  for (let i = 0; names.length < count; i++)
    if (places.includes(keyedHash(`name_${i}`, [1, 2]) & 15)) names.push(`name_${i}`)
  return names
}

describe('SlotTable', () => {
  it('is a map, whatever is set and deleted in whatever order', () => {
    const few = neighbours(9)
    const many = Array.from({ length: 200 }, (_, i) => `parameter/${i}`)
    const operation = (names: readonly string[]) =>
      fc.record({ kind: fc.constantFrom('set', 'set', 'delete'), name: fc.constantFrom(...names) })
    const operations = fc.oneof(
      fc.array(operation(few), { maxLength: 60 }),
      fc.array(operation(many), { maxLength: 400, size: 'max' }),
    )
    fc.assert(
      fc.property(operations, (steps) => {
        const table = new SlotTable([1, 2])
        const model = new Map<string, LiveEntry>()
        for (const { kind, name } of steps) {
          const slot = slotOf(name)
          if (kind === 'set') {
            table.set(name, slot)
            model.set(name, slot)
          } else {
            table.delete(name)
            model.delete(name)
          }
          expect(table.size).toBe(model.size)
          for (const other of few) expect(table.get(other)).toBe(model.get(other))
        }
        for (const name of many) expect(table.get(name)).toBe(model.get(name))
        expect([...table.keys()].sort()).toEqual([...model.keys()].sort())
        expect(new Set(table.values())).toEqual(new Set(model.values()))
      }),
      { numRuns: 500 },
    )
  })

  it('finds a parameter with several siblings by the name that they share', () => {
    const table = new SlotTable([0, 0])
    const siblings = [slotOf('a'), slotOf('a')]
    table.set('a', siblings)
    table.set('', slotOf(''))
    expect(table.get('a')).toBe(siblings)
    expect([...table.keys()].sort()).toEqual(['', 'a'])
  })
})

describe('keyedHash', () => {
  it('is HalfSipHash-1-3: the vectors of the Linux kernel (lib/tests/siphash_kunit.c) for whole UTF-16 units', () => {
    const vectors = [0x5814c896, 0xbc4b0e30, 0x7e059ea6, 0xa0080b65, 0x577999b1, 0xe4fa32cf, 0x6b28096c, 0x16658a7c]
    for (const [units, expected] of vectors.entries()) {
      const text = String.fromCharCode(...Array.from({ length: units }, (_, i) => 2 * i + ((2 * i + 1) << 8)))
      expect(keyedHash(text, [0x03020100, 0x07060504]) >>> 0).toBe(expected)
    }
  })
})
