import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { root } from '../tidy/sources.ts'

export interface ScriptResult {
  readonly exitCode: number | null
  readonly output: string
  readonly errors: string
}

/** Runs a script in an empty folder that has the examples; `configsync` is this source, and asks the agent at `http`. */
export async function runScript(script: string, http: string): Promise<ScriptResult> {
  const folder = mkdtempSync(join(tmpdir(), 'configsync-docs-'))
  try {
    symlinkSync(join(root, 'examples'), join(folder, 'examples'), 'dir')
    const path = `${commandsIn(folder)}${delimiter}${process.env['PATH']}`
    return await finish(
      spawn('sh', ['-eu', '-c', script.replace(/^\$ /gm, '')], {
        cwd: folder,
        env: { ...process.env, PATH: path, CONFIGSYNC_HTTP: http, NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder of commands: what the pages call, without a build, an installation, or a curl of the machine. */
function commandsIn(folder: string): string {
  const commands = join(folder, '.commands')
  mkdirSync(commands)
  const node = `exec '${process.execPath}' --conditions=source --no-warnings`
  const configsync = `${node} '${join(root, 'src/cli/main.ts')}' "$@"`
  const scripts = {
    configsync,
    npx: `[ "$1" = configsync ] && shift && ${configsync}`,
    curl: `${node} '${join(root, 'test/unit/docs/curl.ts')}' "$@"`,
  }
  for (const [name, line] of Object.entries(scripts)) {
    writeFileSync(join(commands, name), `#!/bin/sh\n${line}\n`)
    chmodSync(join(commands, name), 0o755)
  }
  return commands
}

/** What a process printed, once it has ended. */
export async function finish(child: ReturnType<typeof spawn>): Promise<ScriptResult> {
  let [output, errors] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const exitCode = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  )
  return { exitCode, output, errors }
}
