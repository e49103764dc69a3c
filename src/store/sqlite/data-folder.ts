import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { corrupt, storeError } from './failure.ts'

/** What SQLite keeps beside a database in WAL mode. */
const COMPANIONS = ['-wal', '-shm'] as const

/**
 * The folder in which one node keeps its state, locked for as long as this exists. The lock is an exclusive transaction on a
 * database of its own: the system releases it when the process dies, however it dies, and `state.db` stays readable for
 * everybody meanwhile.
 */
export class DataFolder {
  readonly path: string
  readonly databasePath: string
  private readonly lock: DatabaseSync

  /**
   * Makes the folder when only it is missing: a missing parent is rather a wrong path, or a disk that is not mounted.
   * @throws ConfigSyncError STORE_LOCKED, STORE_READ_ONLY, STORE_FULL, STORE_UNAVAILABLE
   */
  constructor(path: string) {
    this.path = resolve(path)
    this.databasePath = join(this.path, 'state.db')
    try {
      if (!existsSync(this.path)) mkdirSync(this.path, { mode: 0o700 })
      this.lock = locked(join(this.path, 'lock.db'))
    } catch (cause) {
      throw storeError(cause, this.path)
    }
  }

  release(): void {
    this.lock.close()
  }

  /** Whether there is a store. @throws ConfigSyncError STORE_CORRUPT when there is only a part of one */
  hasDatabase(): boolean {
    if (existsSync(this.databasePath)) return true
    const left = COMPANIONS.map((suffix) => this.databasePath + suffix).find((file) => existsSync(file))
    if (left !== undefined) throw corrupt(`${left} is there and ${basename(this.databasePath)} is not`)
    return false
  }

  /**
   * Makes the database under another name first: under its own one it is always a whole one, so that a file cut to nothing
   * is not taken for a new store.
   */
  create(fill: (path: string) => void): void {
    const fresh = `${this.databasePath}.new`
    for (const file of [fresh, `${fresh}-journal`]) rmSync(file, { force: true })
    makePrivate(fresh)
    fill(fresh)
    renameSync(fresh, this.databasePath)
    this.sync()
  }

  /** @returns the new name of the database; undefined when there was none */
  setAside(): string | undefined {
    const stamp = new Date().toISOString().replaceAll(/[-:]|\..*/g, '')
    let aside = join(this.path, `state-${stamp}.db`)
    for (let n = 2; existsSync(aside) || COMPANIONS.some((suffix) => existsSync(aside + suffix)); n++)
      aside = join(this.path, `state-${stamp}-${n}.db`)
    // The database first: its log without it is never read, while it without its log would be older than it says.
    const moved = ['', ...COMPANIONS].filter((suffix) => existsSync(this.databasePath + suffix))
    for (const suffix of moved) renameSync(this.databasePath + suffix, aside + suffix)
    this.sync()
    return moved.length > 0 ? aside : undefined
  }

  private sync(): void {
    const descriptor = openSync(this.path, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
}

function locked(path: string): DatabaseSync {
  makePrivate(path)
  const database = new DatabaseSync(path)
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** SQLite gives its companions the permissions of the database, so it must be private from the start. */
function makePrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600))
}

/**
 * Moves the store of a data folder out of the way, so that its node starts empty, under a new incarnation. Nothing is deleted.
 * @returns the file that it is now; undefined when there was none
 * @throws ConfigSyncError STORE_LOCKED, STORE_READ_ONLY, STORE_UNAVAILABLE
 */
export function setStoreAside(path: string): string | undefined {
  const folder = new DataFolder(path)
  try {
    return folder.setAside()
  } catch (cause) {
    throw storeError(cause, folder.path)
  } finally {
    folder.release()
  }
}
