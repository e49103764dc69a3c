import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Errand } from './courier-process.ts'
import type { FleetClient } from './fleet.ts'

/** Speaks HTTP from within a network namespace, which this process itself cannot enter. */
export class Courier {
  readonly #child: ChildProcess
  readonly #token: string
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #errands = 0

  constructor(within: readonly string[], token: string) {
    this.#token = token
    const script = fileURLToPath(new URL('courier-process.ts', import.meta.url))
    const [program, ...args] = [...within, process.execPath, '--no-warnings', script]
    this.#child = spawn(program!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer))
  }

  /** A client of the agent at this URL. */
  clientOf(url: string): FleetClient {
    const call = <T>(method: string, path: string, body?: unknown) => this.#call<T>(method, url + path, body)
    return {
      get: (path) => call('GET', path),
      put: (path, body) => call('PUT', path, body),
      patch: (path, body) => call('PATCH', path, body),
      delete: (path) => call('DELETE', path),
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }

  async #call<T>(method: string, url: string, body: unknown): Promise<T> {
    const errand: Errand = { id: ++this.#errands, url, method, token: this.#token, body }
    const { status, text } = await new Promise<Answer>((resolve) => {
      this.#waiting.set(errand.id, resolve)
      this.#child.send(errand)
    })
    this.#waiting.delete(errand.id)
    if (status !== 200) throw new Error(`${method} ${url}: ${status} ${text}`)
    return JSON.parse(text) as T
  }
}
