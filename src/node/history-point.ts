import { ConfigSyncError } from '#core/errors'
import type { Dot } from '#core/identity'
import type { JsonValue } from '#core/json'
import { TIMESTAMP_MS_MAX } from '#core/limits'
import { resolvedValue } from '#core/resolution'
import { changeIds, fullId, type PastChange, sameDot, shortId } from './history.ts'
import type { State } from './state.ts'
import type { HistoryPoint } from './types.ts'

/** ISO 8601 with its zone, or a day: without a zone it would mean another time on another machine. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/
const STEPS_BACK = /^-[1-9]\d*$/
/** Ids that an error names. */
const LISTED_MAX = 5

/** What a rollback writes. */
export interface Rollback {
  /** undefined deletes */
  readonly value: JsonValue | undefined
  readonly reason: string
}

/**
 * What to write to go back to a point of the history. A change that is named gives its own value, even where that had
 * lost; a number of steps or a time gives what the parameter had come to.
 *
 * @param changes newest first
 * @throws ConfigSyncError HISTORY_UNKNOWN with what there is
 */
export function rollbackTo(to: HistoryPoint, changes: readonly PastChange[], state: State): Rollback {
  const idOf = changeIds(changes)
  const named = changeNamed(to, changes)
  if (named !== undefined) return { value: named.update.value, reason: `rollback to ${idOf(named)}` }
  const change = changeAt(to, changes)
  if (change === undefined) throw unknown(to, changes)
  const { standing } = change
  const value = standing.length === 0 ? undefined : resolvedValue(standing, state.rules)
  return { value, reason: `rollback to ${text(to)} (${idOf(change)})` }
}

function changeNamed(to: HistoryPoint, changes: readonly PastChange[]): PastChange | undefined {
  if (isDot(to)) return changes.find(({ update }) => sameDot(update, to))
  const named = changes.filter(({ update }) => shortId(update) === to || fullId(update) === to)
  const several = named.some(({ update }) => !sameDot(update, named[0]!.update))
  if (several) throw unknown(to, changes, 'names changes of several incarnations')
  return named[0]
}

function changeAt(to: HistoryPoint, changes: readonly PastChange[]): PastChange | undefined {
  if (STEPS_BACK.test(String(to))) return changes[-Number(to)]
  const timeMs = timeOf(to)
  return changes.find((change) => cameAtMs(change) <= timeMs)
}

/** NaN for what is no time, which nothing came before. */
function timeOf(to: HistoryPoint): number {
  if (typeof to === 'string') return TIME.test(to) ? Date.parse(to) : Number.NaN
  return typeof to === 'number' || to instanceof Date ? new Date(to).getTime() : Number.NaN
}

/** Of what stood before this node remembers, only its writer's clock is known. */
const cameAtMs = ({ atMs, update }: PastChange): number => atMs ?? update.timestampMs

const isDot = (to: HistoryPoint): to is Dot => typeof to === 'object' && !(to instanceof Date)

function text(to: HistoryPoint): string {
  if (isDot(to)) return fullId(to)
  const isTime = to instanceof Date || (typeof to === 'number' && to >= 0 && to <= TIMESTAMP_MS_MAX)
  return isTime && !Number.isNaN(timeOf(to)) ? new Date(to).toISOString() : String(to)
}

function unknown(to: HistoryPoint, changes: readonly PastChange[], why = 'is no change that is remembered here') {
  const ids = changes.slice(0, LISTED_MAX).map(changeIds(changes))
  const more = changes.length > LISTED_MAX ? ` and ${changes.length - LISTED_MAX} more` : ''
  const known = ids.length === 0 ? 'there is none' : `there are, newest first, ${ids.join(', ')}${more}`
  return new ConfigSyncError('HISTORY_UNKNOWN', `${text(to)} ${why}; ${known}`)
}
