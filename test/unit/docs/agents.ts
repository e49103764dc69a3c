import { vi } from 'vitest'
import { startAgent } from '../../support/processes.ts'

/** Real agent processes node-1, node-2 … of the cluster `docs`, in step with each other. */
export interface DocumentedAgents {
  /** of the HTTP of node-1, node-2 … */
  readonly addresses: readonly string[]
  stop(): Promise<void>
}

const READY_MS = 30_000
const PLACE = ['--cluster', 'docs', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--ephemeral']

export async function startAgents(count: number): Promise<DocumentedAgents> {
  const first = await startAgent(['--node-id', 'node-1', ...PLACE])
  const agents = [first]
  const stop = async (): Promise<void> => {
    await Promise.all(agents.map(({ cli }) => cli.stop()))
  }
  try {
    for (let n = 2; n <= count; n++) {
      agents.push(await startAgent(['--node-id', `node-${n}`, ...PLACE, '--join', first.ready.mesh]))
    }
    const addresses = agents.map(({ ready }) => new URL(ready.http).host)
    await Promise.all(addresses.map((address) => untilInStep(address, count)))
    return { addresses, stop }
  } catch (error) {
    await stop()
    throw error
  }
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
