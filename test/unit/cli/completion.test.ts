import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bashScript, zshScript } from '#cli/completion-script'
import { createProgram } from '#cli/program'

const script = bashScript(createProgram())
const NAMES = [
  'mesh.batch_size_limit',
  'mesh.batch_time_limit_ms',
  'odd.$(touch /tmp/configsync-completion-ran)',
  "odd.it's",
]

/** What bash offers for the last of `words`, with an agent that has NAMES. */
function complete(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const names = NAMES.map((name) => `'${name.replaceAll("'", `'\\''`)}'`).join(' ')
  const text = `${script}
configsync() { printf '%s\\n' "$*" >&2; printf '%s\\n' ${names}; }
COMP_WORDS=(configsync ${quoted}); COMP_CWORD=${words.length}
_configsync
printf '%s\\n' "\${COMPREPLY[@]}"`
  const answer = execFileSync('bash', ['-c', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return answer.split('\n').filter((line) => line !== '')
}

describe('bash completion', () => {
  it('completes commands', () => {
    expect(complete('co')).toEqual(['conflicts', 'completion'])
    expect(complete('')).toEqual(expect.arrayContaining(['agent', 'get', 'vv', 'demo', '--help']))
  })

  it('completes options and subcommands of the command at hand', () => {
    expect(complete('set', 'a.b', '--w')).toEqual(['--wait'])
    expect(complete('agent', '--tls')).toEqual(['--tls-cert', '--tls-key', '--tls-ca', '--tls-crl'])
    expect(complete('cert', 'i')).toEqual(['init', 'issue'])
    expect(complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh']))
  })

  it('completes names of parameters, and of sections once each', () => {
    expect(complete('get', 'mesh.batch_s')).toEqual(['mesh.batch_size_limit'])
    expect(complete('list', '')).toEqual(['mesh', 'odd'])
    expect(complete('tuner', 're')).toEqual(['release'])
    expect(complete('tuner', 'release', 'mesh.batch_s')).toEqual(['mesh.batch_size_limit'])
    expect(complete('tuner', 'freeze', '--re')).toEqual(['--reason'])
  })

  it('never runs what a name says', () => {
    expect(complete('get', 'odd.')).toEqual(['odd.\\$\\(touch\\ /tmp/configsync-completion-ran\\)', "odd.it\\'s"])
    expect(existsSync('/tmp/configsync-completion-ran')).toBe(false)
  })
})

describe('zsh completion', () => {
  it('names every command', () => {
    const text = zshScript(createProgram())
    for (const command of createProgram().commands) expect(text).toContain(`    ${command.name()}) if `)
  })
})
