import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const specFolder = dirname(fileURLToPath(import.meta.url))

const packageFolder = dirname(createRequire(import.meta.url).resolve('@informalsystems/quint/package.json'))
const commandLine = join(packageFolder, 'dist/src/cli.js')

export interface QuintOutcome {
  readonly ok: boolean
  /** both streams, in the order in which they came */
  readonly output: string
}

/** Runs one command of Quint on a file of this folder. */
export function quint(
  command: 'typecheck' | 'test' | 'run',
  file: string,
  options: readonly string[],
): Promise<QuintOutcome> {
  // The other backend is a program that Quint downloads.
  const backend = command === 'typecheck' ? [] : ['--backend', 'typescript']
  const child = spawn(process.execPath, [commandLine, command, file, ...backend, ...options], {
    cwd: specFolder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ ok: code === 0, output: output.trim() }))
  })
}
