import { describe, expect, it } from 'vitest'
import { connectionProblem, internalProblem, problem, problemOf, rawProblemResponse } from '#agent/http/problem'
import { ConfigSyncError, ERROR_CODES, type ErrorCode } from '#core/errors'

describe('problem details', () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s has a type, a title, a status and its hint', (code) => {
    const { type, title, status, hint } = problem(code, 'found x')
    expect(type).toBe(`urn:configsync:error:${code}`)
    expect(title).toMatch(/^[A-Z][A-Za-z ]+$/)
    expect(status).toBe(ERROR_CODES[code].http ?? 500)
    expect(hint).toBe(ERROR_CODES[code].hint)
  })

  it.each([
    ['JSON_MALFORMED', 'JSON malformed'],
    ['NODE_ID_INVALID', 'Node ID invalid'],
    ['IDENTITY_MISMATCH', 'Identity mismatch'],
    ['INTERNAL', 'Internal'],
  ] as const)('%s is called "%s"', (code, title) => {
    expect(problem(code, 'found x').title).toBe(title)
  })

  it('tells coded errors, and keeps everything else to itself', () => {
    expect(problemOf(new ConfigSyncError('NAME_INVALID', 'a name is empty'))).toMatchObject({
      status: 422,
      detail: 'a name is empty',
    })
    const unforeseen = [
      new Error('secret'),
      new ConfigSyncError('INTERNAL', 'secret'),
      'secret',
      undefined,
      null,
      { code: 'EACCES' },
    ]
    for (const error of unforeseen) expect(problemOf(error)).toBeUndefined()
    expect(internalProblem()).toMatchObject({ code: 'INTERNAL', status: 500 })
  })

  it('is a whole HTTP answer for a connection that never said what it wants', () => {
    const [head, body] = rawProblemResponse(
      connectionProblem(Object.assign(new Error('x'), { code: 'HPE_INVALID_METHOD' })),
    ).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body!)}`)
    expect(JSON.parse(body!)).toMatchObject({ code: 'REQUEST_INVALID' })
  })
})
