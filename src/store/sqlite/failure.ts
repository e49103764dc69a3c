import { ConfigSyncError, type ErrorCode } from '#core/errors'

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const CODES: Readonly<Record<number, ErrorCode>> = {
  // A table or column that this code's own SQL names is not there.
  1: 'STORE_CORRUPT',
  5: 'STORE_LOCKED',
  6: 'STORE_LOCKED',
  8: 'STORE_READ_ONLY',
  11: 'STORE_CORRUPT',
  13: 'STORE_FULL',
  26: 'STORE_CORRUPT',
}
const SYSTEM_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EROFS: 'STORE_READ_ONLY',
  EACCES: 'STORE_READ_ONLY',
  EPERM: 'STORE_READ_ONLY',
}

interface SystemError extends Error {
  readonly code?: string
  /** SQLite's extended result code; its lowest byte is the primary one */
  readonly errcode?: number
}

/** What SQLite or the file system said, as a code that tells an operator what to do. */
export function storeError(cause: unknown, path: string): ConfigSyncError {
  if (cause instanceof ConfigSyncError) return cause
  const { code = '', errcode, message } = cause as SystemError
  const known = errcode === undefined ? SYSTEM_CODES[code] : CODES[errcode & 0xff]
  return new ConfigSyncError(known ?? 'STORE_UNAVAILABLE', `${path}: ${message}`, { cause })
}

/** @param where the file or row, and what is wrong with it */
export const corrupt = (where: string, cause?: unknown): ConfigSyncError =>
  new ConfigSyncError('STORE_CORRUPT', where, { cause })
