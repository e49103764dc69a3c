import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createSchema, MIGRATIONS, migrate } from '#store/sqlite/schema'
import { coded } from '../../../support/coded.ts'

/** The schema of this code and two that may come. */
const LATER: readonly string[] = [
  ...MIGRATIONS,
  "ALTER TABLE conflict ADD COLUMN note TEXT; UPDATE conflict SET note = at_ms || '!'",
  'CREATE TABLE next (note TEXT) STRICT; INSERT INTO next SELECT note FROM conflict',
]

const versionOf = (database: DatabaseSync): unknown => database.prepare('PRAGMA user_version').get()?.['user_version']

function atVersion(version: number): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  createSchema(database, LATER.slice(0, version))
  database.exec("INSERT INTO conflict (at_ms, siblings, checksum) VALUES (7, x'00', 0)")
  if (version >= 2) database.exec("UPDATE conflict SET note = '7!'")
  if (version >= 3) database.exec("INSERT INTO next VALUES ('7!')")
  return database
}

describe('migrations', () => {
  it.each([1, 2, 3])('a store of version %i is brought to the newest, with what it holds', (version) => {
    const database = atVersion(version)
    migrate(database, 'state.db', LATER)
    expect(versionOf(database)).toBe(3)
    expect(database.prepare('SELECT note FROM next').all()).toMatchObject([{ note: '7!' }])
    migrate(database, 'state.db', LATER)
    expect(database.prepare('SELECT count(*) AS n FROM next').get()).toMatchObject({ n: 1 })
  })

  it('a migration that fails leaves the store at its version', () => {
    const database = atVersion(1)
    const broken = [...LATER.slice(0, 2), 'CREATE TABLE half (a); NO SQL AT ALL']
    expect(() => migrate(database, 'state.db', broken)).toThrow(/syntax error/)
    expect(versionOf(database)).toBe(1)
    migrate(database, 'state.db', LATER)
    expect(versionOf(database)).toBe(3)
  })

  it('a later version is refused', () => {
    expect(() => migrate(atVersion(3), 'state.db', LATER.slice(0, 2))).toThrow(
      coded('STORE_NEWER', /schema version 3; this version of ConfigSync knows 2/),
    )
  })
})
