import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../unit/tidy/sources.ts'

const RUN_MS_MAX = 60_000
/** Kept between runs; git ignores it. */
const FOLDER = join(root, '.tmp', 'prometheus')
const UNPACKED = join(FOLDER, 'usr', 'bin', 'promtool')

/** The checker of Prometheus' own rules: that of this machine, or taken out of Debian's package without installing it. */
export class Promtool {
  #program = 'promtool'

  /** Why there is none here; undefined when there is. */
  obstacle(): string | undefined {
    for (const program of ['promtool', UNPACKED]) {
      this.#program = program
      if (failureOf(run(program, ['--version'])) === undefined) return undefined
    }
    const failed = fetched()
    return failed === undefined ? undefined : `there is no promtool, and Debian's cannot be fetched: ${failed}`
  }

  /** What it says; `failed` unless it found everything in order. */
  run(...args: string[]): { readonly failed: boolean; readonly output: string } {
    const { status, stdout, stderr } = run(this.#program, args)
    return { failed: status !== 0, output: `${stdout}${stderr}` }
  }
}

/** Takes the package's files into FOLDER; what failed, or undefined. */
function fetched(): string | undefined {
  mkdirSync(FOLDER, { recursive: true })
  const download = () => failureOf(run('apt-get', ['download', '-q', 'prometheus']))
  // A machine that has never asked its mirror does not know where the package is; asking needs root.
  const failed = download() && (failureOf(run('apt-get', ['update', '-q'])) ?? download())
  if (failed) return failed
  const packageFile = readdirSync(FOLDER).find((name) => name.endsWith('.deb'))!
  return failureOf(run('dpkg', ['-x', packageFile, '.'])) ?? failureOf(run(UNPACKED, ['--version']))
}

const run = (program: string, args: readonly string[]) =>
  spawnSync(program, args, {
    cwd: program === 'apt-get' || program === 'dpkg' ? FOLDER : root,
    encoding: 'utf8',
    timeout: RUN_MS_MAX,
  })

const failureOf = ({ status, stderr, error }: ReturnType<typeof run>): string | undefined =>
  status === 0 ? undefined : (error?.message ?? (stderr.trim().split('\n').at(-1) || `exit code ${status}`))
