import { ConfigSyncError } from '#core/errors'
import { LIST_ANSWER_BYTES_MAX } from './limits.ts'

/** How many items a list has when nobody says, and at most. */
export interface ListLimit {
  readonly preset: number
  readonly max: number
}

/** @throws ConfigSyncError REQUEST_INVALID unless it is 1 to `max` */
export function limitOf(text: string | undefined, { preset, max }: ListLimit, name = 'limit'): number {
  const limit = text === undefined ? preset : Number(text)
  if (limit >= 1 && limit <= max) return limit
  throw new ConfigSyncError('REQUEST_INVALID', `querystring/${name} must be 1 to ${max}, not ${text}`)
}

/** The first that fit into one answer; one in any case. */
export function fitting<T>(records: readonly T[]): readonly T[] {
  let bytes = 0
  const end = records.findIndex((record) => {
    bytes += JSON.stringify(record).length
    return bytes > LIST_ANSWER_BYTES_MAX
  })
  return end === -1 ? records : records.slice(0, Math.max(1, end))
}
