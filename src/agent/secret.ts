import { readFileSync } from 'node:fs'
import { ConfigSyncError } from '#core/errors'

/** What can stand in an Authorization header (RFC 6750, b64token); shorter ones can be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,512}=*$/

/**
 * The token of the HTTP API, from its file; white space around it does not count.
 * @throws ConfigSyncError SETTING_INVALID, which never shows the token
 */
export function readToken(path: string): string {
  const token = readTextFile('http-token-file', path).trim()
  if (TOKEN.test(token)) return token
  const rule = 'must hold one token of 16 to 512 letters, digits or -._~+/ (for example from: openssl rand -hex 32)'
  throw new ConfigSyncError('SETTING_INVALID', `http-token-file: ${path} ${rule}`)
}

/** @throws ConfigSyncError SETTING_INVALID that names the setting and the file */
export function readTextFile(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigSyncError('SETTING_INVALID', `${setting}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}
