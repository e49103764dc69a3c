import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { vi } from 'vitest'
import { root } from '../tidy/sources.ts'

/** Real agent processes node-1, node-2 … of the cluster `docs`, in step with each other. */
export interface DocumentedAgents {
  /** of the HTTP of node-1, node-2 … */
  readonly addresses: readonly string[]
  stop(): Promise<void>
}

/** What an agent prints when it is up. */
interface ReadyLine {
  readonly mesh: string
  readonly http: string
}

const READY_MS = 30_000

export async function startAgents(count: number): Promise<DocumentedAgents> {
  const processes: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map(end))
  }
  const startNext = (joined: readonly string[]): Promise<ReadyLine> => {
    const child = spawnAgent(`node-${processes.length + 1}`, joined)
    processes.push(child)
    return readyLineOf(child)
  }
  try {
    const first = await startNext([])
    const others = await Promise.all(Array.from({ length: count - 1 }, () => startNext(['--join', first.mesh])))
    const addresses = [first, ...others].map(({ http }) => new URL(http).host)
    await Promise.all(addresses.map((address) => untilInStep(address, count)))
    return { addresses, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** With an IPC channel, at whose end the agent ends too, so that none outlives the tests. */
function spawnAgent(nodeId: string, joined: readonly string[]): ChildProcess {
  const main = join(root, 'src/cli/main.ts')
  const place = ['--cluster', 'docs', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--ephemeral']
  const words = ['agent', '--node-id', nodeId, ...place, ...joined, '--json']
  return spawn(process.execPath, ['--conditions=source', '--no-warnings', main, ...words], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, CONFIGSYNC_LOG_LEVEL: 'error' },
  })
}

async function readyLineOf(child: ChildProcess): Promise<ReadyLine> {
  const lines = createInterface({ input: child.stdout as Readable })
  const signal = AbortSignal.timeout(READY_MS)
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`an agent ended with ${code} before it was up`)
  })
  const [line] = (await Promise.race([once(lines, 'line', { signal }), ended])) as [string]
  return JSON.parse(line) as ReadyLine
}

async function untilInStep(address: string, members: number): Promise<void> {
  const look = async (): Promise<void> => {
    const status = (await (await fetch(`http://${address}/v1/status`)).json()) as StatusAnswer
    if (!status.ready || status.members.length < members) throw new Error(`${address}: ${JSON.stringify(status)}`)
  }
  await vi.waitFor(look, { timeout: READY_MS, interval: 50 })
}

interface StatusAnswer {
  readonly ready: boolean
  readonly members: readonly unknown[]
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 12_000)
  await ended
  clearTimeout(kill)
}
