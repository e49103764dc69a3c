import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HistoryEntry } from '#store/journal'
import { JournalTables } from '#store/sqlite/journal-tables'
import { createSchema } from '#store/sqlite/schema'
import { transaction } from '#store/sqlite/transaction'
import { sibling } from '../../../support/siblings.ts'

const DROPPED_LEAST = 256

const changes = (count: number): HistoryEntry[] =>
  Array.from({ length: count }, () => ({
    update: { ...sibling('node-1', 'value'), section: 's', parameter: `p${parameters++}` },
    atMs: 1,
    source: 'local',
    superseded: [],
    concurrent: [],
  }))

let parameters: number
let database: DatabaseSync
let tables: JournalTables
const write = (count: number) => transaction(database, () => tables.write([{ history: changes(count), conflicts: [] }]))
const ids = (): number[] =>
  database
    .prepare('SELECT id FROM history ORDER BY id')
    .all()
    .map(({ id }) => id as number)
const upTo = (count: number, last: number): number[] => Array.from({ length: count }, (_, i) => last - count + 1 + i)

beforeEach(() => {
  parameters = 0
  database = new DatabaseSync(':memory:')
  createSchema(database)
  tables = new JournalTables(database)
})
afterEach(() => database.close())

describe('the history of all parameters together', () => {
  it('loses its oldest, exactly as many as are too much', () => {
    tables.limits = { historyPerParameter: 10, historyTotal: 100, conflicts: 1 }
    for (let time = 1; time <= 300; time++) {
      write(1)
      expect(ids()).toEqual(upTo(Math.min(time, 100), time))
    }
    write(1_000)
    expect(ids()).toEqual(upTo(100, 1_300))
  })

  it('is brought under a smaller limit by and by, so that no write waits for all of it', () => {
    write(3_000)
    tables.limits = { historyPerParameter: 10, historyTotal: 1_000, conflicts: 1 }
    let [held, last] = [3_000, 3_000]
    while (held > 1_000) {
      write(1)
      last++
      held = Math.max(1_000, held + 1 - (2 + DROPPED_LEAST))
      expect(ids()).toEqual(upTo(held, last))
    }
    write(0)
    expect(ids()).toEqual(upTo(1_000, last))
  })

  it('is counted again after a transaction that failed, and after a restart', () => {
    const limits = { historyPerParameter: 10, historyTotal: 100, conflicts: 1 }
    tables.limits = limits
    write(90)
    expect(() =>
      transaction(database, () => {
        tables.write([{ history: changes(50), conflicts: [] }])
        throw new Error('the disk is full')
      }),
    ).toThrow('the disk is full')
    tables.failed()
    write(5)
    expect(ids()).toEqual(upTo(95, 95))
    tables = new JournalTables(database)
    tables.limits = limits
    write(10)
    expect(ids()).toEqual(upTo(100, 105))
  })

  it('takes into account what was dropped of one parameter', () => {
    tables.limits = { historyPerParameter: 2, historyTotal: 100, conflicts: 1 }
    write(50)
    const [first] = changes(1)
    for (let time = 0; time < 200; time++)
      transaction(database, () => tables.write([{ history: [first!], conflicts: [] }]))
    expect(ids()).toEqual([...upTo(50, 50), 249, 250])
  })
})
