import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { failure } from '../failure.ts'

const READY_MS_MAX = 30_000
const STOP_MS_MAX = 5_000
const LOG_LINES_MAX = 50

/**
 * What each process runs: this command line, or for `demo --tune` an agent with a worker pool; built or from source. Or the path of a
 * program that takes an agent's flags.
 */
export type DemoProgram = keyof typeof ENTRIES | { readonly path: string }
const ENTRIES = {
  agent: [fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url)), 'agent'],
  'pool-node': [fileURLToPath(new URL(`./tune/pool-node${extname(import.meta.url)}`, import.meta.url))],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** One agent as a process of its own, which ends with this one whatever happens (see `endWithParent`). */
export class AgentProcess {
  readonly nodeId: string
  readonly #child: ChildProcess
  readonly #log: string[] = []

  /** @param flags of `configsync agent` */
  constructor(nodeId: string, flags: readonly string[], program: DemoProgram = 'agent') {
    this.nodeId = nodeId
    const entry = typeof program === 'string' ? ENTRIES[program] : [program.path]
    this.#child = spawn(process.execPath, [...process.execArgv, ...entry, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: environment(),
    })
    // A process that could not be spawned is told by its end.
    this.#child.on('error', (error) => this.#log.push(String(error)))
    createInterface({ input: this.#child.stderr! }).on('line', (line) => this.#note(line))
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /**
   * Resolves once the agent has said that it is up.
   * @throws DEMO_FAILED with the end of its log when it ends before, or takes too long
   */
  async ready(): Promise<void> {
    const lines = createInterface({ input: this.#child.stdout! })
    const timer = setTimeout(() => this.kill(), READY_MS_MAX)
    try {
      for await (const line of lines) {
        if (!line.startsWith('{')) continue
        // Whatever it still says must not fill the pipe.
        this.#child.stdout!.resume()
        return
      }
    } finally {
      clearTimeout(timer)
    }
    throw failure(
      'DEMO_FAILED',
      `${this.nodeId} did not start: ${this.#log.slice(-5).join(' | ') || 'it said nothing'}`,
    )
  }

  /** What the process sends over the channel that ends it with this one. */
  onMessage(listener: (message: unknown) => void): void {
    this.#child.on('message', listener)
  }

  send(message: object): void {
    // One that is ending hears nothing any more, and needs not.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  /** Ends at once, as a crash or a power cut would. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Freezes the process, and lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  /** Resolves when the process has ended; one that does not stop in time is killed. */
  async stop(): Promise<void> {
    if (!this.running) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGCONT')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), STOP_MS_MAX)
    await ended
    clearTimeout(timer)
  }

  /** Resolves when the process has ended by itself or by kill(). */
  async ended(): Promise<void> {
    if (this.running) await once(this.#child, 'exit')
  }

  #note(line: string): void {
    this.#log.push(line)
    if (this.#log.length > LOG_LINES_MAX) this.#log.shift()
  }
}

/** The user's own CONFIGSYNC_ settings are not meant for these agents. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CONFIGSYNC_')))
