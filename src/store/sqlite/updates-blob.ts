import { decodeUpdates } from '#codec/update'
import type { Update } from '#core/update'
import { checksumOfBytes } from './checksum.ts'
import { corrupt } from './failure.ts'

/**
 * Updates of one row, checked twice: that they are what was written, and that they are updates at all.
 * @param row called for its name when something is wrong
 * @throws ConfigSyncError STORE_CORRUPT
 */
export function readUpdatesBlob(blob: Uint8Array, checksum: number, row: () => string): readonly Update[] {
  if (checksumOfBytes(blob) !== checksum) throw corrupt(`${row()} is damaged: its checksum is wrong`)
  try {
    return decodeUpdates(blob)
  } catch (cause) {
    throw corrupt(`${row()} is damaged: ${cause instanceof Error ? cause.message : cause}`, cause)
  }
}
