import { explainChange } from '#core/explanation'
import { type Dot, nodeIdOf, type Origin } from '#core/identity'
import { type Resolution, resolve, strongestFirst } from '#core/resolution'
import type { Update } from '#core/update'
import type { HistoryEntry } from '#store/journal'
import type { State } from './state.ts'
import type { HistoryRecord } from './types.ts'
import { messageOf } from './views.ts'

/** One change of a parameter, with what stood after it. */
export interface PastChange extends Omit<HistoryEntry, 'atMs' | 'source'> {
  /** undefined: it is not known when it came */
  readonly atMs: number | undefined
  readonly source: HistoryRecord['source']
  /** the update went: it was deleted elsewhere, and a full exchange said so */
  readonly dropped: boolean
  /** the siblings that stood from then on */
  readonly standing: readonly Update[]
}

/**
 * The journal's entries, and after them, as the oldest, what stood before the first of them. Without entries, because the
 * journal is younger than the state, that is what stands now.
 *
 * @param entries newest first
 * @param standing the siblings of now
 */
export function pastChanges(
  entries: readonly HistoryEntry[],
  standing: readonly Update[],
  countMax: number,
): PastChange[] {
  const oldest = entries.at(-1)
  const before = oldest === undefined ? standing : [...oldest.superseded, ...oldest.concurrent]
  return [...entries.map(changeOf), ...earlier(before)].slice(0, countMax)
}

function changeOf(entry: HistoryEntry): PastChange {
  const dropped = entry.superseded.some((one) => sameDot(one, entry.update))
  return { ...entry, dropped, standing: dropped ? entry.concurrent : [entry.update, ...entry.concurrent] }
}

const earlier = (siblings: readonly Update[]): PastChange[] =>
  strongestFirst(siblings).map((update) => ({
    update,
    atMs: undefined,
    source: 'earlier',
    superseded: [],
    concurrent: siblings.filter((other) => other !== update),
    dropped: false,
    standing: siblings,
  }))

/** By identity it would not survive a store. */
export const sameDot = (a: Dot, b: Dot): boolean => a.sequence === b.sequence && a.origin === b.origin

export const shortId = ({ origin, sequence }: Dot): string => `${nodeIdOf(origin)}:${sequence}`
export const fullId = ({ origin, sequence }: Dot): string => `${origin}:${sequence}`

/** Gives each change its id: the short one where that names one update only. */
export function changeIds(changes: readonly PastChange[]): (change: PastChange) => string {
  const origins = new Map<string, Origin>()
  const ambiguous = new Set<string>()
  for (const { update } of changes) {
    const id = shortId(update)
    if ((origins.get(id) ?? update.origin) !== update.origin) ambiguous.add(id)
    origins.set(id, update.origin)
  }
  return ({ update }) => (ambiguous.has(shortId(update)) ? fullId(update) : shortId(update))
}

/** As programs and people are shown them, newest first. */
export function historyRecords(
  changes: readonly PastChange[],
  state: State,
  limit = Number.POSITIVE_INFINITY,
): HistoryRecord[] {
  const idOf = changeIds(changes)
  return changes.slice(0, limit).map((change) => recordOf(change, idOf(change), state))
}

function recordOf(change: PastChange, id: string, state: State): HistoryRecord {
  const { update, atMs, source, dropped, superseded, concurrent, standing } = change
  const resolution = standing.length === 0 ? undefined : resolve(standing, state.rules)
  return {
    id,
    update: messageOf(update),
    at: atMs,
    source,
    dropped,
    superseded: superseded.map(messageOf),
    concurrent: concurrent.map(messageOf),
    winner: resolution && messageOf(resolution.winner),
    decidedBy: standing.length > 1 ? resolution?.decidedBy : undefined,
    value: state.worth(update.section, update.parameter, standing),
    explanation: explained(change, resolution),
  }
}

function explained(change: PastChange, resolution: Resolution | undefined): string {
  if (change.dropped || resolution === undefined) return 'it had been deleted elsewhere while this node was away'
  return explainChange(change, resolution)
}
