import { CONFLICT_LEDGER_BYTES_MAX, HISTORY_IN_MEMORY_BYTES_MAX, HISTORY_IN_MEMORY_MAX } from '#core/limits'
import { estimatedBytes, estimatedBytesOf } from '#core/update-size'
import type { ConflictEntry, HistoryEntry, Journal, JournalBatch, JournalLimits } from './journal.ts'
import { RecentList } from './recent-list.ts'

/** What is left when it was over its bytes, as a share of them: the next time is then some writes away. */
const COMPACTED_BYTES_RATIO = 0.75

/**
 * The journal of a node that keeps nothing on disk: the latest changes, bounded in all.
 *
 * One log of all parameters, in which a change costs one append. It grows to twice of what it may keep, then what is too
 * old is left out in one pass: a list for each parameter would have to be looked up and shortened at each update that comes.
 */
export class MemoryJournal implements Journal {
  private limits: JournalLimits = { historyPerParameter: 100, historyTotal: HISTORY_IN_MEMORY_MAX, conflicts: 200 }
  /** oldest first */
  private log: HistoryEntry[] = []
  /** estimated bytes of each of `log` */
  private weights: number[] = []
  /** their sum */
  private bytes = 0
  private readonly kept = new RecentList<ConflictEntry>()

  note({ history, conflicts }: JournalBatch): void {
    if (this.limits.historyPerParameter > 0) for (const entry of history) this.noteChange(entry)
    if (conflicts.length === 0) return
    for (const entry of conflicts) this.kept.add(entry, estimatedBytesOf(entry.siblings))
    this.kept.trim(this.limits.conflicts, CONFLICT_LEDGER_BYTES_MAX)
  }

  private noteChange(entry: HistoryEntry): void {
    // What stands beside an update is live, or replaced by a later entry: it is counted there.
    const bytes = estimatedBytes(entry.update) + estimatedBytesOf(entry.superseded)
    this.log.push(entry)
    this.weights.push(bytes)
    this.bytes += bytes
    if (this.log.length > 2 * this.entriesMax || this.bytes > HISTORY_IN_MEMORY_BYTES_MAX) this.compact()
  }

  private get entriesMax(): number {
    return Math.min(HISTORY_IN_MEMORY_MAX, this.limits.historyTotal)
  }

  /** Keeps the newest of each parameter, and of all of them the newest. */
  private compact(): void {
    const bytesMax = COMPACTED_BYTES_RATIO * HISTORY_IN_MEMORY_BYTES_MAX
    const counted = new ParameterCounts()
    const kept: number[] = []
    let bytes = 0
    for (let i = this.log.length - 1; i >= 0 && kept.length < this.entriesMax; i--) {
      if (counted.add(this.log[i]!.update) > this.limits.historyPerParameter) continue
      if (bytes + this.weights[i]! > bytesMax) break
      bytes += this.weights[i]!
      kept.push(i)
    }
    kept.reverse()
    this.log = kept.map((i) => this.log[i]!)
    this.weights = kept.map((i) => this.weights[i]!)
    this.bytes = bytes
  }

  async history(section: string, parameter: string): Promise<readonly HistoryEntry[]> {
    const found: HistoryEntry[] = []
    const countMax = Math.min(this.limits.historyPerParameter, this.entriesMax)
    for (let i = this.log.length - 1; i >= 0 && found.length < countMax; i--) {
      const { update } = this.log[i]!
      if (update.parameter === parameter && update.section === section) found.push(this.log[i]!)
    }
    return found
  }

  async conflicts(): Promise<readonly ConflictEntry[]> {
    return this.kept.newestFirst()
  }

  limit(limits: JournalLimits): void {
    const { historyPerParameter, historyTotal } = this.limits
    const fewer = limits.historyPerParameter < historyPerParameter || limits.historyTotal < historyTotal
    this.limits = limits
    this.kept.trim(limits.conflicts, CONFLICT_LEDGER_BYTES_MAX)
    // Else a larger limit would bring back what a smaller one had let go.
    if (fewer) this.compact()
  }
}

/** How many entries of each parameter a pass has met. */
class ParameterCounts {
  private readonly sections = new Map<string, Map<string, number>>()

  /** @returns with this one */
  add({ section, parameter }: HistoryEntry['update']): number {
    let counts = this.sections.get(section)
    if (counts === undefined) {
      counts = new Map()
      this.sections.set(section, counts)
    }
    const count = (counts.get(parameter) ?? 0) + 1
    counts.set(parameter, count)
    return count
  }
}
