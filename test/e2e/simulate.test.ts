import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { randomSchedule } from '#sim/random-schedule'
import { eventually } from '../support/eventually.ts'
import { RunningCli, runCli } from '../support/processes.ts'

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

describe('configsync simulate', () => {
  const small = ['simulate', '--nodes', '4', '--duration', '3', '--loss', '0.1']

  it('tells people how writes spread', async () => {
    const { exitCode, stdout, stderr } = await runCli(small)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^4 nodes, seed 1: \d+ s simulated, 15 writes\n/)
    expect(stdout).toMatch(/to every node +\d/)
    expect(stdout).toMatch(/✔ every checker is content\n$/)
  })

  it('prints one document with --json, the same for the same seed, and draws', async () => {
    const svg = join(folder, 'spread.svg')
    const [first, again, other] = await Promise.all([
      runCli([...small, '--json', '--svg', svg]),
      runCli([...small, '--json']),
      runCli([...small, '--json', '--seed', '2']),
    ])
    expect(first).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(first.stdout)).toMatchObject({
      format: 'configsync-simulation/1',
      nodes: 4,
      passed: true,
      failures: [],
    })
    expect(again.stdout).toBe(first.stdout)
    expect(JSON.parse(other.stdout).digest).not.toBe(JSON.parse(first.stdout).digest)
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  })

  it('runs random schedules, and a schedule of a file', async () => {
    const { exitCode, stdout } = await runCli(['simulate', '--faults', 'kill,loss', '--runs', '2', '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      { seed: 1, passed: true },
      { seed: 2, passed: true },
    ])
    const file = fileWith('schedule.json', JSON.stringify(randomSchedule({ seed: 2, faults: ['kill', 'loss'] })))
    const replayed = await runCli(['simulate', '--schedule', file, '--json'])
    expect(JSON.parse(replayed.stdout)).toEqual(JSON.parse(stdout)[1])
  })

  it.each([
    [['--nodes', '0'], 'at least 1'],
    [['--loss', '2'], 'from 0 to 1'],
    [['--delay', '25-5'], '5-25'],
    [['--faults', 'earthquake'], 'no fault earthquake'],
    [['--faults', 'all', '--loss', '0.1'], '--loss has no place beside it'],
    [['--faults', 'all', '--scenario', 'a.txt'], 'give one'],
    [['--schedule', fileWith('no-schedule.json', '{}')], 'SCHEDULE_INVALID'],
  ])('%j is wrong usage', async (words, detail) => {
    const { exitCode, stderr } = await runCli(['simulate', ...words])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(detail)
  })

  it('ends when it is interrupted, and says so', async () => {
    const cli = new RunningCli(['simulate', '--nodes', '8', '--duration', '86400'])
    await eventually('it says how far it is', async () => cli.stderr().includes('simulated'), 60_000)
    cli.kill('SIGINT')
    expect(await cli.ended()).toBe(1)
    expect(cli.stderr()).toContain('INTERRUPTED: by SIGINT')
  })
})
