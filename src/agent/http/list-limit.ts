import { ConfigSyncError } from '#core/errors'

/** How many items a list has when nobody says, and at most. */
export interface ListLimit {
  readonly preset: number
  readonly max: number
}

/** @throws ConfigSyncError REQUEST_INVALID unless it is 1 to `max` */
export function limitOf(text: string | undefined, { preset, max }: ListLimit): number {
  const limit = text === undefined ? preset : Number(text)
  if (limit >= 1 && limit <= max) return limit
  throw new ConfigSyncError('REQUEST_INVALID', `querystring/limit must be 1 to ${max}, not ${text}`)
}
