import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from '../support/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'configsync-simulate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function fileWith(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

describe('configsync simulate --scenario', () => {
  const right = fileWith('right.txt', '# Why.\nstart n1\nput n1 a.b 1\n----\nn1:1\n')
  const wrong = fileWith('wrong.txt', '# Why.\nstart n1\nput n1 a.b 1\nshow\n----\nn1:1\na.b = 2\n')

  it('passes what prints what it says', async () => {
    expect(await runCli(['simulate', '--scenario', right])).toEqual({ exitCode: 0, stdout: `✔ ${right}\n`, stderr: '' })
  })

  it('shows the difference and fails', async () => {
    const { exitCode, stdout, stderr } = await runCli(['simulate', '--scenario', right, wrong])
    expect(exitCode).toBe(1)
    expect(stdout).toContain(`✘ ${wrong}\n  line 2:\n`)
    expect(stdout).toContain('  - a.b = 2\n    n1:1\n  + a.b = 1\n')
    expect(stderr).toContain('SCENARIO_DIFFERS: 1 of 2')
  })

  it('prints one document with --json', async () => {
    const { exitCode, stdout, stderr } = await runCli(['simulate', '--scenario', right, wrong, '--json'])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject([{ passed: true }, { passed: false, differences: [{ line: 2 }] }])
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'SCENARIO_DIFFERS' } })
  })

  it('refuses a line that it does not understand, as wrong usage', async () => {
    const { exitCode, stderr } = await runCli(['simulate', '--scenario', fileWith('bad.txt', 'start n1\nfly\n')])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^SCENARIO_INVALID: .*bad\.txt:2: there is no command fly\n/)
  })

  it('writes what was printed into the file with --write', async () => {
    expect((await runCli(['simulate', '--scenario', wrong, '--write'])).exitCode).toBe(0)
    expect(readFileSync(wrong, 'utf8')).toBe('# Why.\nstart n1\nput n1 a.b 1\nshow\n----\nn1:1\na.b = 1\n')
  })
})
