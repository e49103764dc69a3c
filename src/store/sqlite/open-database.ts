import { DatabaseSync } from 'node:sqlite'
import type { StoreBatch, StoredState } from '#core/effects'
import { ConfigSyncError } from '#core/errors'
import type { NodeId } from '#core/identity'
import type { JournalBatch, JournalLimits } from '../journal.ts'
import { Checkpoints } from './checkpoints.ts'
import { corrupt } from './failure.ts'
import { fileIdentity } from './file-identity.ts'
import { JournalTables } from './journal-tables.ts'
import { LogSync } from './log-sync.ts'
import { migrate } from './schema.ts'
import { type NodeRow, StateTables } from './state-tables.ts'
import { transaction } from './transaction.ts'

/** Somebody who looks into the file may hold it for a moment; longer would be felt by the whole mesh. */
const BUSY_MS_MAX = 100

interface Commit {
  readonly batch: StoreBatch
  readonly journal: JournalBatch
}

/** `state.db` of one open store. Calls of SQLite are synchronous; what they throw is SQLite's. */
export class OpenDatabase {
  readonly journal: JournalTables
  private readonly path: string
  private readonly database: DatabaseSync
  private readonly state: StateTables
  private readonly log: LogSync
  private readonly checkpoints: Checkpoints
  private node: NodeRow | undefined
  /** the log has a gap that only a checkpoint closes */
  private gap = false

  /** @throws ConfigSyncError STORE_CORRUPT, STORE_NEWER */
  constructor(path: string, limits: JournalLimits | undefined) {
    this.path = path
    this.database = new DatabaseSync(path, { timeout: BUSY_MS_MAX })
    try {
      migrate(this.database, path)
      // The first write is that of `claim`, and must be on the disk before the store is open.
      this.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      this.checkPages(path)
      this.state = new StateTables(this.database)
      this.journal = new JournalTables(this.database)
      if (limits) this.journal.limits = limits
      this.log = new LogSync(`${path}-wal`)
      this.checkpoints = new Checkpoints(path, this.database)
    } catch (error) {
      this.database.close()
      throw error
    }
  }

  private checkPages(path: string): void {
    const result = this.database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (result !== 'ok') throw corrupt(`${path}: ${result}`)
  }

  /** Takes the store for this node, and the mark of a clean stop away, durably. What was stored; undefined when it is new. */
  claim(nodeId: NodeId): StoredState | undefined {
    const stored = this.state.read(fileIdentity(this.path))
    this.node = {
      nodeId,
      closedFile: undefined,
      origin: stored?.origin,
      sequence: stored?.sequence ?? 0,
      epoch: stored?.epoch ?? 0,
      clock: stored?.clock ?? [0, 0],
    }
    transaction(this.database, () => this.state.writeNode(this.node!))
    // Into the database itself: who copies it without its log must not find the mark.
    this.checkpoint()
    this.database.exec('PRAGMA synchronous = NORMAL')
    return stored
  }

  /** Everything in one transaction, in order (I5). */
  write(commits: readonly Commit[]): void {
    if (this.gap) this.checkpoint()
    this.gap = false
    const { origin, sequence, epoch, clock } = commits.at(-1)!.batch
    const node = { nodeId: this.node!.nodeId, closedFile: undefined, origin, sequence, epoch, clock }
    try {
      transaction(this.database, () => {
        for (const { batch } of commits) this.state.write(batch)
        this.state.writeNode(node)
        this.journal.write(commits.map(({ journal }) => journal))
      })
    } catch (error) {
      this.journal.failed()
      throw error
    }
    this.node = node
    this.checkpoints.written(this.log.bytes)
  }

  /** Writes the log into the database and begins it anew, all on the disk. */
  private checkpoint(): void {
    const { busy } = this.database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()!
    if (busy !== 0) throw new ConfigSyncError('STORE_LOCKED', `${this.path}: somebody reads it in a transaction`)
  }

  /** Resolves when what was written is on the disk. */
  async sync(): Promise<void> {
    try {
      await this.log.sync()
    } catch (error) {
      // The system may have dropped what it could not write: what follows in the log is out of reach after a power cut.
      this.gap = true
      // The one that closes it finds nobody else at it then.
      await this.checkpoints.idle()
      throw error
    }
  }

  /** The node may go on as the same origin: nothing is written after this. */
  markClean(): void {
    this.database.exec('PRAGMA synchronous = FULL')
    transaction(this.database, () => this.state.writeNode({ ...this.node!, closedFile: fileIdentity(this.path) }))
  }

  async close(): Promise<void> {
    await this.checkpoints.close()
    this.log.close()
    this.database.close()
  }
}
