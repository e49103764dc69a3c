import { CONFLICT_LEDGER_BYTES_MAX, HISTORY_IN_MEMORY_BYTES_MAX, HISTORY_IN_MEMORY_MAX } from '#core/limits'
import { estimatedBytes, estimatedBytesOf } from '#core/update-size'
import type { ConflictEntry, HistoryEntry, Journal, JournalBatch, JournalLimits } from './journal.ts'
import { RecentList } from './recent-list.ts'

/** The journal of a node that keeps nothing on disk: the latest changes, bounded in all. */
export class MemoryJournal implements Journal {
  private limits: JournalLimits = { historyPerParameter: 100, conflicts: 200 }
  /** `section.parameter`, for a section has no dot; the parameter that was changed least lately is the first */
  private readonly byParameter = new Map<string, RecentList<HistoryEntry>>()
  /**
   * Goes on where it is: a walk that began anew for each entry that is dropped would step over all that were deleted before.
   * Behind it there is `first` and nothing else, for what is set again goes to the end.
   */
  private walk = this.byParameter.entries()
  private first: readonly [key: string, list: RecentList<HistoryEntry>] | undefined
  private readonly kept = new RecentList<ConflictEntry>()
  /** over all parameters */
  private entries = 0
  private bytes = 0

  note({ history, conflicts }: JournalBatch): void {
    for (const entry of history) this.noteChange(entry)
    for (const entry of conflicts) this.kept.add(entry, estimatedBytesOf(entry.siblings))
    this.kept.trim(this.limits.conflicts, CONFLICT_LEDGER_BYTES_MAX)
  }

  private noteChange(entry: HistoryEntry): void {
    if (this.limits.historyPerParameter === 0) return
    const key = `${entry.update.section}.${entry.update.parameter}`
    const list = this.byParameter.get(key) ?? new RecentList()
    // Set again, to be the last.
    this.byParameter.delete(key)
    this.byParameter.set(key, list)
    if (this.first?.[0] === key) this.first = undefined
    // What stands beside an update is live, or replaced by a later entry: it is counted there.
    const bytes = estimatedBytes(entry.update) + estimatedBytesOf(entry.superseded)
    list.add(entry, bytes)
    this.entries++
    this.bytes += bytes
    this.trimParameter(list)
    while (this.entries > HISTORY_IN_MEMORY_MAX || this.bytes > HISTORY_IN_MEMORY_BYTES_MAX) this.dropFromFirst()
  }

  private trimParameter(list: RecentList<HistoryEntry>): void {
    while (list.size > this.limits.historyPerParameter) this.dropOldest(list)
  }

  private dropOldest(list: RecentList<HistoryEntry>): void {
    this.bytes -= list.dropOldest()
    this.entries--
  }

  private dropFromFirst(): void {
    this.first ??= this.next()
    const [key, list] = this.first
    this.dropOldest(list)
    if (list.size > 0) return
    this.byParameter.delete(key)
    this.first = undefined
  }

  private next(): readonly [string, RecentList<HistoryEntry>] {
    let { value, done } = this.walk.next()
    if (done) {
      this.walk = this.byParameter.entries()
      value = this.walk.next().value
    }
    return value!
  }

  async history(section: string, parameter: string): Promise<readonly HistoryEntry[]> {
    return this.byParameter.get(`${section}.${parameter}`)?.newestFirst() ?? []
  }

  async conflicts(): Promise<readonly ConflictEntry[]> {
    return this.kept.newestFirst()
  }

  limit(limits: JournalLimits): void {
    const fewer = limits.historyPerParameter < this.limits.historyPerParameter
    this.limits = limits
    this.kept.trim(limits.conflicts, CONFLICT_LEDGER_BYTES_MAX)
    if (!fewer) return
    this.first = undefined
    this.walk = this.byParameter.entries()
    for (const [key, list] of this.byParameter) {
      this.trimParameter(list)
      if (list.size === 0) this.byParameter.delete(key)
    }
  }
}
