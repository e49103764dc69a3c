import { ConfigSyncError } from '#core/errors'

/** Ends the reading of a frame; decodeFrame turns it into a rejection. */
export function malformed(detail: string): never {
  throw new ConfigSyncError('FRAME_MALFORMED', detail)
}
