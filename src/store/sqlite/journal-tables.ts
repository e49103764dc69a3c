import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { encodeUpdates } from '#codec/update'
import type { ConflictEntry, HistoryEntry, JournalBatch, JournalLimits } from '../journal.ts'
import { checksumOfBytes } from './checksum.ts'
import { corrupt } from './failure.ts'
import { readUpdatesBlob } from './updates-blob.ts'

const SOURCES: readonly string[] = ['local', 'remote', 'repair'] satisfies HistoryEntry['source'][]

interface HistoryRow {
  readonly id: number
  readonly at_ms: number
  readonly source: string
  readonly updates: Uint8Array
  readonly superseded: number
  readonly checksum: number
}

interface ConflictRow {
  readonly id: number
  readonly at_ms: number
  readonly siblings: Uint8Array
  readonly checksum: number
}

/** Of what is too much in all, a transaction drops twice what it adds and this many: a smaller limit is met soon, and no write waits for it. */
const DROPPED_LEAST = 256

/** The tables that hold what people ask about later. */
export class JournalTables {
  limits: JournalLimits = { historyPerParameter: 100, historyTotal: 1_000_000, conflicts: 200 }
  private readonly putHistory: StatementSync
  private readonly trimHistory: StatementSync
  private readonly dropOldest: StatementSync
  private readonly countHistory: StatementSync
  private readonly getHistory: StatementSync
  private readonly putConflict: StatementSync
  private readonly trimConflicts: StatementSync
  private readonly getConflicts: StatementSync
  /** rows of the history; undefined when that is not known */
  private entries: number | undefined

  constructor(database: DatabaseSync) {
    this.putHistory = database.prepare('INSERT INTO history VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)')
    this.trimHistory = database.prepare(
      `DELETE FROM history WHERE section = ?1 AND parameter = ?2 AND id <= (
         SELECT id FROM history WHERE section = ?1 AND parameter = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)`,
    )
    this.dropOldest = database.prepare(
      'DELETE FROM history WHERE id <= (SELECT max(id) FROM (SELECT id FROM history ORDER BY id LIMIT ?))',
    )
    this.countHistory = database.prepare('SELECT count(*) AS entries FROM history')
    this.getHistory = database.prepare(
      'SELECT * FROM history WHERE section = ? AND parameter = ? ORDER BY id DESC LIMIT ?',
    )
    this.putConflict = database.prepare('INSERT INTO conflict VALUES (NULL, ?, ?, ?)')
    this.trimConflicts = database.prepare(
      'DELETE FROM conflict WHERE id <= (SELECT id FROM conflict ORDER BY id DESC LIMIT 1 OFFSET ?)',
    )
    this.getConflicts = database.prepare('SELECT * FROM conflict ORDER BY id DESC LIMIT ?')
  }

  /** Within a transaction; `failed` is called if that is not committed. */
  write(batches: readonly JournalBatch[]): void {
    const before = this.entries ?? (this.countHistory.get()!['entries'] as number)
    let added = 0
    const touched = new Map<string, HistoryEntry>()
    let conflicts = 0
    for (const batch of batches) {
      for (const entry of batch.history) {
        if (this.writeHistory(entry)) added++
        touched.set(`${entry.update.section}.${entry.update.parameter}`, entry)
      }
      for (const { atMs, siblings } of batch.conflicts) {
        const blob = encodeUpdates(siblings)
        this.putConflict.run(Math.floor(atMs), blob, checksumOfBytes(blob))
        conflicts++
      }
    }
    let dropped = 0
    for (const { update } of touched.values())
      dropped += changesOf(this.trimHistory, update.section, update.parameter, this.limits.historyPerParameter)
    this.entries = before + added - dropped
    const over = Math.min(this.entries - this.limits.historyTotal, 2 * added + DROPPED_LEAST)
    if (over > 0) this.entries -= changesOf(this.dropOldest, over)
    if (conflicts > 0) this.trimConflicts.run(this.limits.conflicts)
  }

  /** What was written is not there. */
  failed(): void {
    this.entries = undefined
  }

  /** Whether it is remembered at all. */
  private writeHistory({ update, atMs, source, superseded, concurrent }: HistoryEntry): boolean {
    if (this.limits.historyPerParameter === 0) return false
    const blob = encodeUpdates([update, ...superseded, ...concurrent])
    const { section, parameter } = update
    this.putHistory.run(section, parameter, Math.floor(atMs), source, blob, superseded.length, checksumOfBytes(blob))
    return true
  }

  /** Newest first. @throws ConfigSyncError STORE_CORRUPT */
  history(section: string, parameter: string): HistoryEntry[] {
    const { historyPerParameter, historyTotal } = this.limits
    const rows = this.getHistory.all(section, parameter, Math.min(historyPerParameter, historyTotal))
    return (rows as unknown as HistoryRow[]).map(historyEntry)
  }

  /** Newest first. @throws ConfigSyncError STORE_CORRUPT */
  conflicts(): ConflictEntry[] {
    const rows = this.getConflicts.all(this.limits.conflicts) as unknown as ConflictRow[]
    return rows.map(({ id, at_ms, siblings, checksum }) => ({
      atMs: at_ms,
      siblings: readUpdatesBlob(siblings, checksum, () => `table conflict, row ${id}`),
    }))
  }
}

const changesOf = (statement: StatementSync, ...parameters: (string | number)[]): number =>
  Number(statement.run(...parameters).changes)

function historyEntry({ id, at_ms, source, updates, superseded, checksum }: HistoryRow): HistoryEntry {
  const [update, ...others] = readUpdatesBlob(updates, checksum, () => `table history, row ${id}`)
  if (update === undefined || superseded > others.length || !SOURCES.includes(source))
    throw corrupt(`table history, row ${id} is damaged`)
  return {
    update,
    atMs: at_ms,
    source: source as HistoryEntry['source'],
    superseded: others.slice(0, superseded),
    concurrent: others.slice(superseded),
  }
}
