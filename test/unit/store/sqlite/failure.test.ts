import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { storeError } from '#store/sqlite/failure'
import { coded } from '../../../support/coded.ts'

/** What SQLite throws when the statement is run on an empty database. */
function thrownBy(sql: string): unknown {
  const database = new DatabaseSync(':memory:')
  try {
    database.exec(sql)
  } catch (error) {
    return error
  } finally {
    database.close()
  }
  throw new Error(`${sql} went well`)
}

const systemError = (code: string): Error => Object.assign(new Error(`${code}: no`), { code })

it.each([
  ['STORE_FULL', thrownBy('PRAGMA max_page_count = 2; CREATE TABLE a (b); CREATE TABLE c (d)')],
  ['STORE_READ_ONLY', thrownBy('PRAGMA query_only = 1; CREATE TABLE a (b)')],
  ['STORE_CORRUPT', thrownBy('SELECT * FROM parameter')],
  ['STORE_FULL', systemError('ENOSPC')],
  ['STORE_FULL', systemError('EDQUOT')],
  ['STORE_READ_ONLY', systemError('EROFS')],
  ['STORE_READ_ONLY', systemError('EACCES')],
  ['STORE_UNAVAILABLE', systemError('EIO')],
] as const)('%s is what %s means', (code, cause) => {
  expect(() => {
    throw storeError(cause, 'state.db')
  }).toThrow(coded(code, /^state\.db: /))
})

it('a code that is known already stays', () => {
  const known = storeError(systemError('ENOSPC'), 'state.db')
  expect(storeError(known, 'elsewhere')).toBe(known)
})
