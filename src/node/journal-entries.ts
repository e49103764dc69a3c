import type { ParameterChange } from '#core/events'
import type { Update } from '#core/update'
import type { ConflictEntry, HistoryEntry } from '#store/journal'

const NONE: readonly Update[] = []

/** What a change comes to in the journal. @param atMs this machine's clock */
export function historyEntry(
  source: HistoryEntry['source'],
  { before, after, update }: ParameterChange,
  atMs: number,
): HistoryEntry {
  // Most changes replace all that stood: no list is made then, for an entry is kept long and there are many.
  const alone = after.length === 1 && after[0] === update
  return {
    update,
    atMs,
    source,
    superseded: alone ? before : before.filter((sibling) => !after.includes(sibling)),
    concurrent: alone ? NONE : after.filter((sibling) => sibling !== update),
  }
}

export const conflictEntry = (siblings: readonly Update[], atMs: number): ConflictEntry => ({ atMs, siblings })
