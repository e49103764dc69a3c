import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { vi } from 'vitest'
import { root } from '../tidy/sources.ts'
import { freePort } from './addresses.ts'

/** Real agent processes node-1, node-2 … of the cluster `docs`, in step with each other. */
export interface DocumentedAgents {
  /** of the HTTP of node-1, node-2 … */
  readonly addresses: readonly string[]
  stop(): Promise<void>
}

const READY_MS = 30_000

export async function startAgents(count: number): Promise<DocumentedAgents> {
  const meshAddress = `127.0.0.1:${await freePort()}`
  const addresses: string[] = []
  const processes: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map(end))
  }
  try {
    for (let n = 1; n <= count; n++) {
      const http = `127.0.0.1:${await freePort()}`
      const place = n === 1 ? ['--listen', meshAddress] : ['--listen', '127.0.0.1:0', '--join', meshAddress]
      processes.push(startAgent(['--node-id', `node-${n}`, '--cluster', 'docs', '--http', http, ...place]))
      addresses.push(http)
    }
    await Promise.all(addresses.map((address) => untilInStep(address, count)))
  } catch (error) {
    await stop()
    throw error
  }
  return { addresses, stop }
}

function startAgent(words: readonly string[]): ChildProcess {
  const main = join(root, 'src/cli/main.ts')
  return spawn(process.execPath, ['--conditions=source', '--no-warnings', main, 'agent', '--ephemeral', ...words], {
    stdio: 'ignore',
  })
}

async function untilInStep(address: string, members: number): Promise<void> {
  const look = async (): Promise<void> => {
    const status = (await (await fetch(`http://${address}/v1/status`)).json()) as {
      ready: boolean
      members: readonly unknown[]
    }
    if (!status.ready || status.members.length < members) throw new Error(`${address}: ${JSON.stringify(status)}`)
  }
  await vi.waitFor(look, { timeout: READY_MS, interval: 100 })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 12_000)
  await ended
  clearTimeout(kill)
}
