import { ConfigSyncError, type ErrorCode } from '#core/errors'

/** For `toThrow`: a ConfigSyncError with this code whose detail matches. */
export const coded = (
  code: ErrorCode,
  detail: RegExp,
): { asymmetricMatch(error: unknown): boolean; toString(): string } => ({
  asymmetricMatch: (error) => error instanceof ConfigSyncError && error.code === code && detail.test(error.detail),
  toString: () => `ConfigSyncError ${code} with a detail like ${detail}`,
})
