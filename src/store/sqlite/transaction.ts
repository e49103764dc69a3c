import type { DatabaseSync } from 'node:sqlite'

/** All that the work writes, or nothing. */
export function transaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    // Some failures have ended it already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
