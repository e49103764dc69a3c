import { DatabaseSync } from 'node:sqlite'
import type { StoreBatch, StoredState } from '#core/effects'
import { assertInvariant, type ConfigSyncError } from '#core/errors'
import type { NodeId } from '#core/identity'
import type { ConflictEntry, HistoryEntry, JournalBatch, JournalLimits } from '../journal.ts'
import type { Store } from '../store.ts'
import { DataFolder } from './data-folder.ts'
import { storeError } from './failure.ts'
import { OpenDatabase } from './open-database.ts'
import { createSchema } from './schema.ts'

/** What a resolved write survives: `process` the end of this process, however it ends; `disk` a power cut too. */
export type Durability = 'process' | 'disk'

export interface SqliteStoreOptions {
  /** the data folder of this node alone; it is made when only it, and not its parent, is missing */
  readonly path: string
  /** default `process` */
  readonly durability?: Durability
}

interface Commit {
  readonly batch: StoreBatch
  readonly journal: JournalBatch
  readonly resolve: () => void
  readonly reject: (error: ConfigSyncError) => void
}

/**
 * Keeps a node's state in `state.db` of a folder. All commits of one turn of the event loop go into one transaction.
 *
 *     new ConfigSyncManager({ nodeId, mesh, store: new SqliteStore({ path: '/var/lib/configsync' }) })
 */
export class SqliteStore implements Store {
  readonly name = 'sqlite'
  private readonly path: string
  private readonly durability: Durability
  private limits: JournalLimits | undefined
  private folder: DataFolder | undefined
  private database: OpenDatabase | undefined
  private queue: Commit[] = []
  private scheduled = false
  /** why a commit failed: until a complete batch, everything else fails too */
  private lost: ConfigSyncError | undefined
  private readonly syncing = new Set<Promise<void>>()

  constructor({ path, durability = 'process' }: SqliteStoreOptions) {
    this.path = path
    this.durability = durability
  }

  /**
   * @throws ConfigSyncError STORE_LOCKED, STORE_CORRUPT, STORE_NEWER, STORE_READ_ONLY, STORE_FULL, STORE_UNAVAILABLE; the
   *   folder is not locked then, and nothing in it was changed
   */
  async open(nodeId: NodeId): Promise<StoredState | undefined> {
    assertInvariant(this.folder === undefined, 'a store is opened once at a time')
    const folder = new DataFolder(this.path)
    try {
      if (!folder.hasDatabase()) folder.create(createDatabase)
      this.database = new OpenDatabase(folder.databasePath, this.limits)
      const stored = this.database.claim(nodeId)
      this.folder = folder
      this.lost = undefined
      return stored
    } catch (cause) {
      await this.database?.close()
      this.database = undefined
      folder.release()
      throw storeError(cause, folder.databasePath)
    }
  }

  commit(batch: StoreBatch, journal: JournalBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ batch, journal, resolve, reject })
      if (this.scheduled) return
      this.scheduled = true
      // After what came with this turn was read and answered.
      setImmediate(() => this.flush())
    })
  }

  private flush(): void {
    this.scheduled = false
    const commits = this.takeStorable()
    if (commits.length === 0) return
    const { database } = this
    try {
      database!.write(commits)
    } catch (cause) {
      this.fail(commits, cause)
      return
    }
    if (this.durability === 'disk') this.sync(database!, commits)
    else for (const { resolve } of commits) resolve()
  }

  /** Takes the queue. After a failure all is lost up to a complete batch (I5). */
  private takeStorable(): Commit[] {
    const { queue } = this
    this.queue = []
    const first = this.lost ? queue.findIndex(({ batch }) => batch.complete) : 0
    const storable = first < 0 ? [] : queue.slice(first)
    for (const { reject } of first < 0 ? queue : queue.slice(0, first)) reject(this.lost!)
    if (storable.length > 0) this.lost = undefined
    return storable
  }

  private sync(database: OpenDatabase, commits: readonly Commit[]): void {
    const synced = database.sync().then(
      () => {
        // One before these may have failed while they waited; then they are not there after a power cut either.
        if (this.lost) for (const { reject } of commits) reject(this.lost)
        else for (const { resolve } of commits) resolve()
      },
      (cause) => this.fail(commits, cause),
    )
    this.syncing.add(synced)
    synced.finally(() => this.syncing.delete(synced))
  }

  private fail(commits: readonly Commit[], cause: unknown): void {
    this.lost = storeError(cause, this.folder?.databasePath ?? this.path)
    for (const { reject } of commits) reject(this.lost)
  }

  async history(section: string, parameter: string): Promise<readonly HistoryEntry[]> {
    return this.database?.journal.history(section, parameter) ?? []
  }

  async conflicts(): Promise<readonly ConflictEntry[]> {
    return this.database?.journal.conflicts() ?? []
  }

  limit(limits: JournalLimits): void {
    this.limits = limits
    if (this.database) this.database.journal.limits = limits
  }

  async close(clean: boolean): Promise<void> {
    this.flush()
    await Promise.all(this.syncing)
    const { database, folder, lost } = this
    this.database = undefined
    this.folder = undefined
    if (!database || !folder) return
    try {
      if (clean && !lost) database.markClean()
    } catch (cause) {
      throw storeError(cause, folder.databasePath)
    } finally {
      await database.close()
      folder.release()
    }
  }
}

function createDatabase(path: string): void {
  const database = new DatabaseSync(path)
  try {
    createSchema(database)
  } finally {
    database.close()
  }
}
