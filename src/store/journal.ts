import type { Update } from '#core/update'

/** One change of a parameter, as this node saw it come. */
export interface HistoryEntry {
  /** the update that came; its own value may have lost */
  readonly update: Update
  /** this machine's clock when it came, milliseconds since 1970 */
  readonly atMs: number
  readonly source: 'local' | 'remote' | 'repair'
  /** siblings that stood before and that it replaced */
  readonly superseded: readonly Update[]
  /** siblings that stand beside it: a rule decides among them and it */
  readonly concurrent: readonly Update[]
}

/** Siblings that did not know of each other met here. */
export interface ConflictEntry {
  readonly atMs: number
  readonly siblings: readonly Update[]
}

/** What one step adds. Stored in one transaction with the state that it is about. */
export interface JournalBatch {
  readonly history: readonly HistoryEntry[]
  readonly conflicts: readonly ConflictEntry[]
}

/** How much is kept. */
export interface JournalLimits {
  /** newest entries of each parameter */
  readonly historyPerParameter: number
  /** newest entries of all parameters together: these stay, and up to as many again until a store tidies up */
  readonly historyTotal: number
  /** newest conflicts of all */
  readonly conflicts: number
}

/** What people ask about later. It decides nothing: a node whose journal is lost converges all the same. */
export interface Journal {
  /** newest first, at most `historyPerParameter` and `historyTotal` */
  history(section: string, parameter: string): Promise<readonly HistoryEntry[]>
  /** newest first */
  conflicts(): Promise<readonly ConflictEntry[]>
  /** Takes effect at once for what is read, and with the next batch for what is kept. */
  limit(limits: JournalLimits): void
}
