import type { ConflictEntry, HistoryEntry, Journal, JournalBatch, JournalLimits } from './journal.ts'

/** Entries of all parameters together, so that a large import does not double what a node takes. */
const HISTORY_ENTRIES_MAX = 10_000

/** The journal of a node that keeps nothing on disk: the latest changes, bounded in all. */
export class MemoryJournal implements Journal {
  private limits: JournalLimits = { historyPerParameter: 100, conflicts: 200 }
  /** `section.parameter` → oldest first; a name of a section has no dot */
  private readonly byParameter = new Map<string, HistoryEntry[]>()
  private kept: ConflictEntry[] = []
  private entries = 0

  note({ history, conflicts }: JournalBatch): void {
    for (const entry of history) this.noteChange(entry)
    this.kept.push(...conflicts)
    // Twice the size before trimming, so that a burst does not copy the list at each conflict.
    if (this.kept.length >= 2 * this.limits.conflicts) this.kept = this.kept.slice(-this.limits.conflicts || Infinity)
  }

  private noteChange(entry: HistoryEntry): void {
    const { historyPerParameter } = this.limits
    if (historyPerParameter === 0) return
    const key = `${entry.update.section}.${entry.update.parameter}`
    const entries = this.byParameter.get(key) ?? []
    // Set again, so that the parameter that was changed least lately is the first.
    this.byParameter.delete(key)
    this.byParameter.set(key, entries)
    entries.push(entry)
    this.entries++
    while (entries.length > historyPerParameter) this.dropOldest(entries)
    while (this.entries > HISTORY_ENTRIES_MAX) this.dropOldestParameter()
  }

  private dropOldest(entries: HistoryEntry[]): void {
    entries.shift()
    this.entries--
  }

  private dropOldestParameter(): void {
    const [key, entries] = this.byParameter.entries().next().value!
    this.dropOldest(entries)
    if (entries.length === 0) this.byParameter.delete(key)
  }

  async history(section: string, parameter: string): Promise<readonly HistoryEntry[]> {
    const entries = this.byParameter.get(`${section}.${parameter}`) ?? []
    return entries.toReversed().slice(0, this.limits.historyPerParameter)
  }

  async conflicts(): Promise<readonly ConflictEntry[]> {
    return this.kept.toReversed().slice(0, this.limits.conflicts)
  }

  limit(limits: JournalLimits): void {
    this.limits = limits
  }
}
