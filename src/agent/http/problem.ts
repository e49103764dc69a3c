import { STATUS_CODES } from 'node:http'
import { ConfigSyncError, ERROR_CODES, type ErrorCode } from '#core/errors'

/** Problem details (RFC 9457). `code` is stable, `hint` says what to do; there is never a stack. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly hint: string
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

export const statusOf = (code: ErrorCode): number => ERROR_CODES[code].http ?? 500

/** Words of codes that are written in capitals in a sentence too. */
const ABBREVIATIONS: ReadonlySet<string> = new Set(['ID', 'JSON'])

export function problem(code: ErrorCode, detail: string): Problem {
  const words = code.split('_').map((word) => (ABBREVIATIONS.has(word) ? word : word.toLowerCase()))
  const title = words.join(' ').replace(/^[a-z]/, (first) => first.toUpperCase())
  return {
    type: `urn:configsync:error:${code}`,
    title,
    status: statusOf(code),
    detail,
    code,
    hint: ERROR_CODES[code].hint,
  }
}

/** fastify's own refusals, in our codes. */
const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_VALIDATION: 'REQUEST_INVALID',
  FST_ERR_BAD_URL: 'REQUEST_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'REQUEST_INVALID',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'REQUEST_INVALID',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_BODY_TOO_LARGE: 'REQUEST_TOO_LARGE',
  ECONNRESET: 'REQUEST_INVALID',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'REQUEST_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'REQUEST_TOO_LARGE',
}

/** What went wrong, for the one who asked; undefined for whatever nobody foresaw, which is a bug of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ConfigSyncError) return error.code === 'INTERNAL' ? undefined : problem(error.code, error.detail)
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  const known = typeof code === 'string' ? FRAMEWORK_CODES[code] : undefined
  return known && problem(known, String(message))
}

/** For a failure whose cause is nobody's business outside. */
export const internalProblem = (): Problem =>
  problem('INTERNAL', 'the agent failed while it handled this; its log says how')

/** A whole HTTP answer, for a connection whose request was never understood. */
export function rawProblemResponse(answer: Problem): string {
  const body = JSON.stringify(answer)
  return [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

/** Problem of an error that the HTTP parser met on a raw connection. */
export function connectionProblem(error: NodeJS.ErrnoException): Problem {
  return problemOf(error) ?? problem('REQUEST_INVALID', 'the bytes on this connection are no HTTP request')
}
