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

/** The tables that hold what people ask about later. */
export class JournalTables {
  limits: JournalLimits = { historyPerParameter: 100, conflicts: 200 }
  private readonly putHistory: StatementSync
  private readonly trimHistory: StatementSync
  private readonly getHistory: StatementSync
  private readonly putConflict: StatementSync
  private readonly trimConflicts: StatementSync
  private readonly getConflicts: StatementSync

  constructor(database: DatabaseSync) {
    this.putHistory = database.prepare('INSERT INTO history VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)')
    this.trimHistory = database.prepare(
      `DELETE FROM history WHERE section = ?1 AND parameter = ?2 AND id <= (
         SELECT id FROM history WHERE section = ?1 AND parameter = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)`,
    )
    this.getHistory = database.prepare(
      'SELECT * FROM history WHERE section = ? AND parameter = ? ORDER BY id DESC LIMIT ?',
    )
    this.putConflict = database.prepare('INSERT INTO conflict VALUES (NULL, ?, ?, ?)')
    this.trimConflicts = database.prepare(
      'DELETE FROM conflict WHERE id <= (SELECT id FROM conflict ORDER BY id DESC LIMIT 1 OFFSET ?)',
    )
    this.getConflicts = database.prepare('SELECT * FROM conflict ORDER BY id DESC LIMIT ?')
  }

  write(batches: readonly JournalBatch[]): void {
    const touched = new Map<string, HistoryEntry>()
    let conflicts = 0
    for (const batch of batches) {
      for (const entry of batch.history) {
        this.writeHistory(entry)
        touched.set(`${entry.update.section}.${entry.update.parameter}`, entry)
      }
      for (const { atMs, siblings } of batch.conflicts) {
        const blob = encodeUpdates(siblings)
        this.putConflict.run(Math.floor(atMs), blob, checksumOfBytes(blob))
        conflicts++
      }
    }
    for (const { update } of touched.values())
      this.trimHistory.run(update.section, update.parameter, this.limits.historyPerParameter)
    if (conflicts > 0) this.trimConflicts.run(this.limits.conflicts)
  }

  private writeHistory({ update, atMs, source, superseded, concurrent }: HistoryEntry): void {
    if (this.limits.historyPerParameter === 0) return
    const blob = encodeUpdates([update, ...superseded, ...concurrent])
    const { section, parameter } = update
    this.putHistory.run(section, parameter, Math.floor(atMs), source, blob, superseded.length, checksumOfBytes(blob))
  }

  /** Newest first. @throws ConfigSyncError STORE_CORRUPT */
  history(section: string, parameter: string): HistoryEntry[] {
    const rows = this.getHistory.all(section, parameter, this.limits.historyPerParameter)
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
