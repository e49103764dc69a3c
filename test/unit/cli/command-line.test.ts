import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommandLine } from '#cli/command-line'
import { createProgram } from '#cli/program'

let said = ''
let printed = ''

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  writeSync: (_: number, text: string) => {
    said += text
  },
}))

beforeEach(() => {
  said = ''
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

describe('a wrong command line', () => {
  it.each([
    [['gte', 'a.b'], /unknown command 'gte'[\s\S]*Did you mean/],
    [['get', '--jsn'], /unknown option '--jsn'\nDid you mean --json\?/],
    [['agent', '--node-idd', 'a'], /unknown option '--node-idd'\nDid you mean --node-id\?/],
    [['agent', '--dat', 'a'], /unknown option '--dat'\nDid you mean --data\?/],
    [['set', 'a.b'], /a value is missing for a\.b/],
    [['set', 'ab', '1'], /"ab" is no section\.parameter/],
    [['set', 'a.b', '1', '--priority', 'high'], /It must be an integer/],
    [['get', 'a.b', 'c.d'], /too many arguments/],
    [['get', 'a.b', '--http', 'http://:x'], /is no address of an agent/],
    [['watch', '--count', '0'], /at least 1/],
    [['demo', '--nodes', '99'], /at most 16/],
    [['completion', 'fish'], /Allowed choices are bash, zsh/],
    [['cert', 'init'], /--cluster/],
    [['cert', 'ini'], /Did you mean init\?/],
    [['help', 'gte'], /unknown command 'gte'\nDid you mean get\?/],
    [['help', 'nosuch'], /unknown command 'nosuch'/],
    [['nosuch', '--help'], /unknown command 'nosuch'/],
    [['cert', 'help', 'ini'], /unknown command 'ini'\nDid you mean init\?/],
    [['help', 'cert', 'ini'], /unknown command 'ini'\nDid you mean init\?/],
  ])('%j ends with exit code 2 and says why', async (words, message) => {
    expect(await runCommandLine(words)).toBe(2)
    expect(said).toMatch(/^USAGE_INVALID: /)
    expect(said).toMatch(message)
    expect(printed).toBe('')
  })

  it('is one JSON object with --json', async () => {
    expect(await runCommandLine(['get', '--jsonn', '--json'])).toBe(2)
    expect(JSON.parse(said)).toEqual({
      error: { code: 'USAGE_INVALID', detail: "unknown option '--jsonn'", hint: 'Did you mean --json?' },
    })
  })

  it('without a command shows the help', async () => {
    expect(await runCommandLine([])).toBe(2)
    expect(said).toContain('Usage: configsync')
    expect(await runCommandLine(['cert'])).toBe(2)
  })
})

describe('help', () => {
  it('is printed on stdout and is no failure', async () => {
    expect(await runCommandLine(['--help'])).toBe(0)
    expect(printed).toContain('Exit codes')
    expect(said).toBe('')
  })

  it.each([
    [['help', 'get'], 'Usage: configsync get'],
    [['get', '--help'], 'Usage: configsync get'],
    [['help', 'cert'], 'Usage: configsync cert'],
    [['cert', 'help', 'init'], 'Usage: configsync cert init'],
    [['help'], 'Usage: configsync [options]'],
  ])('%j is that of the command', async (words, usage) => {
    expect(await runCommandLine(words)).toBe(0)
    expect(printed).toContain(usage)
  })

  it('offers --json with every command but completion', () => {
    const commands = createProgram().commands.flatMap((command) =>
      command.commands.length > 0 ? command.commands : [command],
    )
    const without = commands.filter((command) => !command.options.some((option) => option.long === '--json'))
    expect(without.map((command) => command.name())).toEqual(['completion'])
  })
})
