import { describe, expect, it } from 'vitest'
import { HISTORY_IN_MEMORY_BYTES_MAX, HISTORY_IN_MEMORY_MAX } from '#core/limits'
import type { Update } from '#core/update'
import type { HistoryEntry } from '#store/journal'
import { MemoryJournal } from '#store/memory-journal'
import { sibling } from '../../support/siblings.ts'

const change = (parameter: string, value: Update['value'], superseded: readonly Update[] = []): HistoryEntry => ({
  update: { ...sibling('node-1', value), section: 's', parameter },
  atMs: 1,
  source: 'local',
  superseded,
  concurrent: [],
})
const note = (journal: MemoryJournal, ...history: HistoryEntry[]) => journal.note({ history, conflicts: [] })
const valuesOf = async (journal: MemoryJournal, parameter: string) =>
  (await journal.history('s', parameter)).map(({ update }) => update.value)
const conflict = (value: string, atMs = 1) => ({ atMs, siblings: [sibling('node-1', value), sibling('node-2', value)] })

describe('the history', () => {
  it('is newest first, of one parameter', async () => {
    const journal = new MemoryJournal()
    note(journal, change('p', 1), change('q', 2))
    note(journal, change('p', 3))
    expect(await valuesOf(journal, 'p')).toEqual([3, 1])
    expect(await valuesOf(journal, 'q')).toEqual([2])
    expect(await valuesOf(journal, 'r')).toEqual([])
  })

  it('keeps the newest of each parameter', async () => {
    const journal = new MemoryJournal()
    journal.limit({ historyPerParameter: 3, historyTotal: 1_000_000, conflicts: 1 })
    for (let value = 1; value <= 5; value++) note(journal, change('p', value), change('q', -value))
    expect(await valuesOf(journal, 'p')).toEqual([5, 4, 3])
    expect(await valuesOf(journal, 'q')).toEqual([-5, -4, -3])
  })

  it('a smaller limit takes effect at once, 0 keeps nothing, and a larger one from then on', async () => {
    const journal = new MemoryJournal()
    for (let value = 1; value <= 5; value++) note(journal, change('p', value))
    journal.limit({ historyPerParameter: 2, historyTotal: 1_000_000, conflicts: 1 })
    expect(await valuesOf(journal, 'p')).toEqual([5, 4])
    journal.limit({ historyPerParameter: 0, historyTotal: 1_000_000, conflicts: 1 })
    note(journal, change('p', 6))
    expect(await valuesOf(journal, 'p')).toEqual([])
    journal.limit({ historyPerParameter: 3, historyTotal: 1_000_000, conflicts: 1 })
    for (let value = 7; value <= 10; value++) note(journal, change('p', value))
    expect(await valuesOf(journal, 'p')).toEqual([10, 9, 8])
  })

  it('is bounded over all parameters: the newest stay, and one that is written again and again takes nothing from others', async () => {
    const journal = new MemoryJournal()
    note(journal, change('cold', 1), change('cold', 2))
    for (let i = 0; i < 5 * HISTORY_IN_MEMORY_MAX; i++) note(journal, change('hot', i))
    expect(await valuesOf(journal, 'cold')).toEqual([2, 1])
    expect(await valuesOf(journal, 'hot')).toHaveLength(100)
    for (let i = 0; i < 2 * HISTORY_IN_MEMORY_MAX; i++) note(journal, change(`p${i}`, i))
    expect(await valuesOf(journal, 'cold')).toEqual([])
    const parameters = Array.from({ length: 2 * HISTORY_IN_MEMORY_MAX }, (_, i) => `p${i}`)
    const kept = (await Promise.all(parameters.map((name) => valuesOf(journal, name)))).flat()
    expect(kept.length).toBeGreaterThanOrEqual(HISTORY_IN_MEMORY_MAX)
    expect(kept).toEqual(parameters.map((_, i) => i).slice(-kept.length))
    note(journal, ...parameters.map((name) => change(name, 'again')))
    expect(journal['log'].length).toBeLessThanOrEqual(2 * HISTORY_IN_MEMORY_MAX)
  })

  it('is bounded in bytes, what an entry replaced included', async () => {
    const megabyte = 'x'.repeat(1024 * 1024)
    const many = HISTORY_IN_MEMORY_BYTES_MAX / megabyte.length
    for (const weighs of [
      (i: number) => change(`p${i}`, megabyte),
      (i: number) => change(`p${i}`, 1, [sibling('node-2', megabyte)]),
    ]) {
      const journal = new MemoryJournal()
      for (let i = 0; i < 4 * many; i++) {
        note(journal, weighs(i))
        const held = journal['log'].length
        expect(held).toBeLessThan(many)
        expect(held).toBeGreaterThanOrEqual(Math.min(i + 1, many / 2))
        expect(await journal.history('s', `p${i}`)).toHaveLength(1)
      }
    }
  })
})

describe('the conflicts', () => {
  it('are newest first, and the newest are kept', async () => {
    const journal = new MemoryJournal()
    journal.limit({ historyPerParameter: 1, historyTotal: 1_000_000, conflicts: 3 })
    const conflicts = [1, 2, 3, 4].map((atMs) => conflict('v', atMs))
    journal.note({ history: [], conflicts })
    expect((await journal.conflicts()).map(({ atMs }) => atMs)).toEqual([4, 3, 2])
    journal.limit({ historyPerParameter: 1, historyTotal: 1_000_000, conflicts: 1 })
    expect((await journal.conflicts()).map(({ atMs }) => atMs)).toEqual([4])
  })

  it('are bounded in bytes', async () => {
    const journal = new MemoryJournal()
    for (let atMs = 0; atMs < 100; atMs++)
      journal.note({ history: [], conflicts: [conflict('x'.repeat(1024 * 1024), atMs)] })
    expect((await journal.conflicts()).map(({ atMs }) => atMs)).toEqual([99, 98, 97, 96, 95, 94, 93])
  })
})
