import type { DatabaseSync } from 'node:sqlite'
import { ConfigSyncError } from '#core/errors'
import { corrupt } from './failure.ts'
import { transaction } from './transaction.ts'

/** Says in the file's header whose it is, as `file` shows it: "CSyn". */
const APPLICATION_ID = 0x4353796e

/**
 * One step of the schema each; version n is what the first n steps make. A step that was released is never changed: a new
 * one is added at the end.
 */
export const MIGRATIONS: readonly string[] = [
  // Names stand beside the encoded updates for whoever looks into the file. A checksum covers what no format check would
  // notice: one changed bit in a value, or in a number.
  `CREATE TABLE node (
     id INTEGER PRIMARY KEY CHECK (id = 1), node_id TEXT NOT NULL, closed_file TEXT,
     origin TEXT, sequence INTEGER NOT NULL, epoch INTEGER NOT NULL,
     clock_ms INTEGER NOT NULL, clock_logical INTEGER NOT NULL, checksum INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE parameter (
     section TEXT NOT NULL, parameter TEXT NOT NULL, siblings BLOB NOT NULL, checksum INTEGER NOT NULL,
     PRIMARY KEY (section, parameter)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE seen (
     origin TEXT PRIMARY KEY, contiguous INTEGER NOT NULL, ranges TEXT NOT NULL, checksum INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE collected (
     origin TEXT PRIMARY KEY, sequence INTEGER NOT NULL, checksum INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE history (
     id INTEGER PRIMARY KEY, section TEXT NOT NULL, parameter TEXT NOT NULL, at_ms INTEGER NOT NULL,
     source TEXT NOT NULL, updates BLOB NOT NULL, superseded INTEGER NOT NULL, checksum INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX history_of_parameter ON history (section, parameter, id);
   CREATE TABLE conflict (
     id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, siblings BLOB NOT NULL, checksum INTEGER NOT NULL
   ) STRICT;`,
]

/** Makes an empty database a store. */
export function createSchema(database: DatabaseSync, migrations = MIGRATIONS): void {
  database.exec('PRAGMA synchronous = FULL')
  transaction(database, () => {
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
    applyFrom(database, 0, migrations)
  })
}

/**
 * Brings a store to the schema of this code.
 * @throws ConfigSyncError STORE_CORRUPT when it is no store, STORE_NEWER
 */
export function migrate(database: DatabaseSync, path: string, migrations = MIGRATIONS): void {
  if (numberOf(database, 'application_id') !== APPLICATION_ID)
    throw corrupt(`${path} is no store of ConfigSync (it may be a database of something else, or was cut to nothing)`)
  const version = numberOf(database, 'user_version')
  if (version > migrations.length) {
    const detail = `${path} has schema version ${version}; this version of ConfigSync knows ${migrations.length}`
    throw new ConfigSyncError('STORE_NEWER', detail)
  }
  if (version < 1) throw corrupt(`${path} has schema version ${version}`)
  if (version === migrations.length) return
  transaction(database, () => applyFrom(database, version, migrations))
}

function applyFrom(database: DatabaseSync, version: number, migrations: readonly string[]): void {
  for (const migration of migrations.slice(version)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${migrations.length}`)
}

const numberOf = (database: DatabaseSync, pragma: string): number =>
  database.prepare(`PRAGMA ${pragma}`).get()![pragma] as number
