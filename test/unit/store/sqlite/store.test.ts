import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoreBatch } from '#core/effects'
import type { NodeId } from '#core/identity'
import { SqliteStore, setStoreAside } from '#store/sqlite/index'
import { coded } from '../../../support/coded.ts'
import { DataFolders } from '../../../support/data-folders.ts'
import { sibling } from '../../../support/siblings.ts'

const NODE = 'node-1' as NodeId
const update = sibling('node-1', 'the value')
const BATCH: StoreBatch = {
  complete: false,
  parameters: [{ section: update.section, parameter: update.parameter, siblings: [update] }],
  seen: [{ origin: update.origin, contiguous: 1, ranges: [[5, 7]] }],
  collected: [[update.origin, update.sequence]],
  origin: update.origin,
  sequence: 1,
  epoch: 3,
  clock: [4, 5],
}
const JOURNAL = {
  history: [{ update, atMs: 1, source: 'local' as const, superseded: [], concurrent: [] }],
  conflicts: [{ atMs: 1, siblings: [update] }],
}

let folders: DataFolders
let path: string
let file: string
beforeEach(() => {
  folders = new DataFolders()
  path = folders.path()
  file = join(path, 'state.db')
})
afterEach(() => folders.remove())

const opened = async (): Promise<SqliteStore> => {
  const store = new SqliteStore({ path })
  await store.open(NODE)
  return store
}

/** A store that holds something and was closed cleanly. */
async function filled(): Promise<void> {
  const store = await opened()
  await store.commit(BATCH, JOURNAL)
  await store.close(true)
}

const refused = (code: Parameters<typeof coded>[0], detail: RegExp) =>
  expect(opened()).rejects.toThrow(coded(code, detail))

/** Changes the file as somebody with another tool would. */
function tamper(sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

describe('the data folder', () => {
  it('is private, and made when only it is missing', async () => {
    const store = await opened()
    expect(statSync(path).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(path)) expect([name, statSync(join(path, name)).mode & 0o777]).toEqual([name, 0o600])
    await store.close(true)
  })

  it('is not made where its parent is missing', async () => {
    path = join(path, 'deeper')
    await refused('STORE_UNAVAILABLE', /ENOENT/)
  })

  it('is no file', async () => {
    writeFileSync(path, 'x')
    await refused('STORE_UNAVAILABLE', /./)
  })

  it('serves one store at a time, and stays readable', async () => {
    const store = await opened()
    await store.commit(BATCH, JOURNAL)
    await refused('STORE_LOCKED', /locked/)
    const reader = new DatabaseSync(file, { readOnly: true })
    expect(reader.prepare('SELECT section, parameter FROM parameter').all()).toMatchObject([
      { section: update.section, parameter: update.parameter },
    ])
    reader.close()
    await store.close(true)
    await (await opened()).close(true)
  })

  it('is refused while somebody holds a transaction on it, because the mark of a clean stop could not be taken away', async () => {
    await filled()
    const reader = new DatabaseSync(file)
    reader.exec('BEGIN; SELECT * FROM node')
    await refused('STORE_LOCKED', /somebody reads it/)
    reader.close()
    const store = new SqliteStore({ path })
    expect((await store.open(NODE))?.updates).toEqual([update])
    await store.close(true)
  })

  it('that cannot be written is refused, and nothing in it is changed', async () => {
    await filled()
    const before = readFileSync(file)
    chmodSync(path, 0o555)
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o444)
    chmodSync(folders.root, 0o755)
    // Permissions do not hold root back, so it steps down meanwhile.
    const isRoot = process.getuid?.() === 0
    if (isRoot) process.seteuid!(65_534)
    try {
      await refused('STORE_READ_ONLY', /./)
    } finally {
      if (isRoot) process.seteuid!(0)
      chmodSync(path, 0o700)
    }
    expect(readFileSync(file)).toEqual(before)
  })
})

describe('a damaged store is never taken for an empty one', () => {
  it.each([
    ['cut to nothing', () => truncateSync(file, 0)],
    ['cut in the middle', () => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ['cut in the header', () => truncateSync(file, 50)],
    ['random bytes', () => writeFileSync(file, Buffer.alloc(20_000, 'noise'))],
    ['zeros', () => writeFileSync(file, Buffer.alloc(20_000))],
    ['a database of something else', () => tamperOther()],
    ['without its rows of node', () => tamper('DELETE FROM node')],
    ['a lost table', () => tamper('DROP TABLE seen')],
    ['an old schema version', () => tamper('PRAGMA user_version = 0')],
    ['the database gone, its log still there', () => leaveLogAlone()],
  ])('%s', async (_, damage) => {
    await filled()
    damage()
    await refused('STORE_CORRUPT', /./)
    await refused('STORE_CORRUPT', /./)
  })

  it('any page overwritten is found, or was of no page in use', async () => {
    await filled()
    const sound = readFileSync(file)
    const pages = sound.length / 4096
    for (let page = 0; page < pages; page++) {
      const damaged = Buffer.from(sound)
      damaged.fill(0xa5, page * 4096, (page + 1) * 4096)
      writeFileSync(file, damaged)
      await refused('STORE_CORRUPT', /./)
    }
  })

  it.each([
    [
      'a value',
      "UPDATE parameter SET siblings = CAST(replace(siblings, 'the value', 'tha value') AS BLOB)",
      /mesh\.batch/,
    ],
    ['a value whose checksum fits', () => forge('parameter', 'siblings'), /table parameter, mesh\.batch_size_limit/],
    ['a name', "UPDATE parameter SET parameter = 'other'", /table parameter, mesh\.other/],
    ['a count', 'UPDATE seen SET contiguous = 2', /table seen, node-1~0/],
    ['ranges', "UPDATE seen SET ranges = '[[5,8]]'", /table seen, node-1~0/],
    ['a collected dot', 'UPDATE collected SET sequence = 2', /table collected, node-1~0/],
    ['the own sequence', 'UPDATE node SET sequence = 2', /table node/],
    ['the mark of a clean stop', 'UPDATE node SET closed_file = NULL', /table node/],
  ])('a changed row is named: %s', async (_, damage, detail) => {
    await filled()
    if (typeof damage === 'string') tamper(damage)
    else damage()
    await refused('STORE_CORRUPT', detail)
  })

  it('a changed row of the journal is named when it is read', async () => {
    await filled()
    tamper("UPDATE history SET updates = x'90'; UPDATE conflict SET checksum = 1")
    const store = await opened()
    await expect(store.history(update.section, update.parameter)).rejects.toThrow(
      coded('STORE_CORRUPT', /history, row 1/),
    )
    await expect(store.conflicts()).rejects.toThrow(coded('STORE_CORRUPT', /conflict, row 1/))
    await store.close(true)
  })

  it('a store of a later version is left alone', async () => {
    await filled()
    tamper('PRAGMA user_version = 99')
    await refused('STORE_NEWER', /schema version 99/)
  })
})

describe('setting the store aside', () => {
  it('leaves an empty folder, and the old file whole beside it', async () => {
    const store = await opened()
    await store.commit(BATCH, JOURNAL)
    expect(() => setStoreAside(path)).toThrow(coded('STORE_LOCKED', /./))
    await store.close(true)
    const aside = setStoreAside(path)!
    expect([existsSync(file), existsSync(aside)]).toEqual([false, true])
    const fresh = new SqliteStore({ path })
    expect(await fresh.open(NODE)).toBeUndefined()
    await fresh.close(true)
    copyFileSync(aside, file)
    expect((await new SqliteStore({ path }).open(NODE))?.updates).toEqual([update])
  })

  it('takes what is damaged too, twice in one second, and nothing from an empty folder', async () => {
    mkdirSync(path)
    expect(setStoreAside(path)).toBeUndefined()
    writeFileSync(file, 'noise')
    writeFileSync(`${file}-wal`, 'noise')
    const first = setStoreAside(path)!
    writeFileSync(file, 'noise')
    expect(setStoreAside(path)).not.toBe(first)
    expect(readdirSync(path).filter((name) => name.endsWith('-wal'))).toHaveLength(1)
    await (await opened()).close(true)
  })
})

function tamperOther(): void {
  rmSync(file)
  tamper('CREATE TABLE shopping (what TEXT); PRAGMA user_version = 1')
}

function leaveLogAlone(): void {
  rmSync(file)
  writeFileSync(`${file}-wal`, 'what the database had not taken in yet')
}

/** Something that is no update, under a checksum that is right. */
function forge(table: string, column: string): void {
  // crc32 of the byte 0xc0, which is MessagePack's nil.
  tamper(`UPDATE ${table} SET ${column} = x'c0', checksum = ${crc32(Uint8Array.of(0xc0))}`)
}
