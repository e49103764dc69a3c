import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readToken } from '#agent/secret'

const folder = mkdtempSync(join(tmpdir(), 'configsync-token-'))
afterAll(() => rmSync(folder, { recursive: true }))

function tokenFile(text: string): string {
  const path = join(folder, 'token')
  writeFileSync(path, text)
  return path
}

describe('the token of the HTTP API', () => {
  it('is what its file holds, without the white space around it', () => {
    expect(readToken(tokenFile('  correct-horse-battery\n'))).toBe('correct-horse-battery')
  })

  it.each(['too short', 'hunter2', 'two words of enough length', `ümlaut${'x'.repeat(20)}`, 'x'.repeat(513)])(
    'is refused without being shown: %j',
    (token) => {
      const path = tokenFile(token)
      expect(() => readToken(path)).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }))
      expect(() => readToken(path)).not.toThrow(new RegExp(token.slice(0, 30)))
    },
  )

  it('is asked for where its file is missing', () => {
    expect(() => readToken(join(folder, 'nothing'))).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }))
  })
})
