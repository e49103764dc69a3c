import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Checkpoints, LOG_BYTES, LOG_BYTES_MAX } from '#store/sqlite/checkpoints'
import { DataFolders } from '../../../support/data-folders.ts'

const ROW_BYTES = 200_000
/** A row with the pages around it, and the rest of the transaction. */
const STEP_BYTES = 1.2 * ROW_BYTES

let folders: DataFolders
let path: string
let database: DatabaseSync
let checkpoints: Checkpoints
const logBytes = () => statSync(`${path}-wal`).size
const row = Buffer.alloc(ROW_BYTES, 7)
let rows: number
function write(): number {
  database.prepare('INSERT OR REPLACE INTO t VALUES (?, ?)').run(rows++ % 50, row)
  checkpoints.written(logBytes())
  return logBytes()
}

beforeEach(() => {
  folders = new DataFolders()
  path = folders.path('state.db')
  database = new DatabaseSync(path)
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)',
  )
  checkpoints = new Checkpoints(path, database)
  rows = 0
})
afterEach(() => folders.remove())

async function close(): Promise<void> {
  await checkpoints.close()
  database.close()
}

describe('the write-ahead log', () => {
  it('begins anew at 1,000 pages where the thread keeps up', async () => {
    let longest = 0
    for (let written = 0; written < 10 * LOG_BYTES; written += ROW_BYTES) {
      longest = Math.max(longest, write())
      await checkpoints.idle()
    }
    expect(longest).toBeGreaterThan(LOG_BYTES)
    expect(longest).toBeLessThan(LOG_BYTES + 2 * STEP_BYTES)
    await close()
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('is bounded where it does not, because nobody waits for it', async () => {
    let longest = 0
    for (let written = 0; written < 20 * LOG_BYTES; written += ROW_BYTES) longest = Math.max(longest, write())
    expect(longest).toBeGreaterThan(LOG_BYTES_MAX)
    expect(longest).toBeLessThan(LOG_BYTES_MAX + 2 * STEP_BYTES)
    await close()
  })

  it('is bounded without a thread', async () => {
    checkpoints['thread'] = undefined
    checkpoints['broken'] = true
    let longest = 0
    for (let written = 0; written < 10 * LOG_BYTES; written += ROW_BYTES) longest = Math.max(longest, write())
    expect(longest).toBeLessThan(LOG_BYTES + 2 * STEP_BYTES)
    await close()
  })

  it('goes on when a reader holds it, and is short again when it lets go', async () => {
    const reader = new DatabaseSync(path)
    write()
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM t').get()
    let longest = 0
    for (let written = 0; written < 6 * LOG_BYTES; written += ROW_BYTES) {
      longest = Math.max(longest, write())
      await checkpoints.idle()
    }
    expect(longest).toBeGreaterThan(5 * LOG_BYTES)
    reader.close()
    let shortest = longest
    for (let written = 0; written < 3 * LOG_BYTES; written += ROW_BYTES) {
      shortest = Math.min(shortest, write())
      await checkpoints.idle()
    }
    expect(shortest).toBeLessThanOrEqual(LOG_BYTES)
    await close()
  })

  it('needs no thread as long as little is written', async () => {
    write()
    expect(checkpoints['thread']).toBeUndefined()
    await close()
  })
})
