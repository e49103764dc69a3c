import type { ParameterChange } from '#core/events'
import type { Update } from '#core/update'
import type { ConflictEntry, HistoryEntry } from '#store/journal'

const NONE: readonly Update[] = []

/** What a step changed, as the journal keeps it. @param atMs this machine's clock */
export const historyEntries = (
  source: HistoryEntry['source'],
  changes: readonly ParameterChange[],
  atMs: number,
): HistoryEntry[] =>
  changes.map(({ before, after, update }) => ({
    update,
    atMs,
    source,
    superseded: before.length === 0 ? NONE : before.filter((sibling) => !after.includes(sibling)),
    concurrent: after.length === 1 && after[0] === update ? NONE : after.filter((sibling) => sibling !== update),
  }))

export const conflictEntry = (siblings: readonly Update[], atMs: number): ConflictEntry => ({ atMs, siblings })
