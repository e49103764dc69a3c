import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../unit/tidy/sources.ts'

/** The command line from source. */
const ENTRY = join(root, 'src/cli/main.ts')
const READY_MS_MAX = 30_000
const COMMAND_MS_MAX = 90_000

/** Nothing of the machine's own settings reaches a test. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CONFIGSYNC_') && !name.startsWith('npm_'),
  )
  return { ...Object.fromEntries(own), NO_COLOR: '1', ...more }
}

function start(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin: 'ignore' | 'pipe',
  within: readonly string[] = [],
): ChildProcess {
  const [program, ...args] = [...within, process.execPath, '--conditions=source', '--no-warnings', ENTRY, ...words]
  // The channel ends an agent together with this process, whatever ends this process.
  return spawn(program!, args, {
    stdio: [stdin, 'pipe', 'pipe', 'ipc'],
    env: environment(env),
  })
}

export interface CommandResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command line to its end. */
export async function runCli(
  words: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string; readonly msMax?: number } = {},
): Promise<CommandResult> {
  const child = start(words, options.env ?? {}, options.input === undefined ? 'ignore' : 'pipe')
  child.stdin?.end(options.input)
  const timer = setTimeout(() => child.kill('SIGKILL'), options.msMax ?? COMMAND_MS_MAX)
  const [stdout, stderr] = [textOf(child.stdout!), textOf(child.stderr!)]
  const [exitCode] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { exitCode, stdout: stdout(), stderr: stderr() }
}

/** What an agent says when it is up. */
export interface AgentReady {
  readonly nodeId: string
  readonly mesh: string
  readonly http: string
  readonly pid: number
}

/** A process of the command line that goes on until it is stopped. */
export class RunningCli {
  readonly #child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string

  /** @param within a command that runs another in its place, as `ip netns exec NAME` does */
  constructor(words: readonly string[], env: Readonly<Record<string, string>> = {}, within: readonly string[] = []) {
    this.#child = start(words, env, 'ignore', within)
    this.stdout = textOf(this.#child.stdout!)
    this.stderr = textOf(this.#child.stderr!)
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number {
    return this.#child.pid!
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Closes the channel, as the end of the parent would. */
  disconnect(): void {
    this.#child.disconnect()
  }

  /** As a reader at the other end of a pipe that had enough. */
  closeStdout(): void {
    this.#child.stdout!.destroy()
  }

  /** The first complete line on stdout. */
  async firstLine(): Promise<string> {
    const expired = { signal: AbortSignal.timeout(READY_MS_MAX) }
    while (!this.stdout().includes('\n')) {
      if (!this.running) throw new Error(`it ended without a word: ${this.stderr()}`)
      try {
        await Promise.race([once(this.#child.stdout!, 'data', expired), once(this.#child, 'exit', expired)])
      } catch (cause) {
        throw new Error(`process ${this.pid} said nothing within ${READY_MS_MAX} ms: ${this.stderr()}`, { cause })
      }
    }
    return this.stdout().split('\n')[0]!
  }

  /** Its exit code; null when a signal ended it. */
  async ended(): Promise<number | null> {
    if (this.running) await once(this.#child, 'exit', { signal: AbortSignal.timeout(COMMAND_MS_MAX) })
    return this.#child.exitCode
  }

  /** Ends it, by force when it does not stop by itself. */
  async stop(): Promise<number | null> {
    if (this.running) this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 12_000)
    try {
      return await this.ended()
    } finally {
      clearTimeout(timer)
    }
  }
}

/** An agent that is up. `flags` name everything but --json. */
export async function startAgent(
  flags: readonly string[],
  within: readonly string[] = [],
): Promise<{ readonly cli: RunningCli; readonly ready: AgentReady }> {
  const cli = new RunningCli(['agent', '--json', '--log-level', 'warn', ...flags], {}, within)
  try {
    return { cli, ready: JSON.parse(await cli.firstLine()) as AgentReady }
  } catch (error) {
    await cli.stop()
    throw error
  }
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}
