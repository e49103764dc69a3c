import { ConfigSyncError } from '#core/errors'

/** Both ends included. */
export interface SeedRange {
  readonly from: number
  readonly to: number
}

/**
 * `17` or `1..10000`.
 * @throws ConfigSyncError USAGE_INVALID
 */
export function parseSeeds(text: string): SeedRange {
  const [, first, last] = /^(\d+)(?:\.\.(\d+))?$/.exec(text) ?? []
  const from = Number(first)
  const to = Number(last ?? first)
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from <= to) return { from, to }
  throw new ConfigSyncError('USAGE_INVALID', `${text} is no range of seeds such as 17 or 1..1000`)
}
