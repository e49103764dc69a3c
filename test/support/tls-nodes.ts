import { expect } from 'vitest'
import type { ConfigSyncError } from '#core/errors'
import type { TurnedAway } from '#core/exclusion'
import type { NodeId, RunId } from '#core/identity'
import { TlsMesh, type TlsMeshOptions } from '#mesh/tls/index'

export interface TlsNode {
  readonly mesh: TlsMesh
  readonly events: string[]
  readonly frames: string[]
  readonly troubles: ConfigSyncError[]
  readonly refusals: TurnedAway[]
  readonly endpoint: { readonly host: string; readonly port: number }
  codes(): string[]
}

/** The TLS meshes of one test, on loopback, with everything that they told. */
export class TlsNodes {
  readonly #meshes: TlsMesh[] = []
  #runs = 0

  async start(nodeId: string, options: Partial<TlsMeshOptions>): Promise<TlsNode> {
    const mesh = new TlsMesh({ listen: '127.0.0.1:0', ...options })
    this.#meshes.push(mesh)
    const [events, frames, troubles]: [string[], string[], ConfigSyncError[]] = [[], [], []]
    const refusals: TurnedAway[] = []
    const runId = (++this.#runs).toString(16).padStart(16, '0') as RunId
    await mesh.start(
      { nodeId: nodeId as NodeId, runId, cluster: 'test' },
      {
        onFrame: (_, frame) => frames.push(Buffer.from(frame).toString()),
        onPeerUp: (peer) => events.push(`up ${peer}`),
        onPeerDown: (peer) => events.push(`down ${peer}`),
        onTrouble: (error) => troubles.push(error),
        onTurnedAway: (refusal) => refusals.push(refusal),
      },
    )
    const [host, port] = mesh.address.split(':')
    const endpoint = { host: host!, port: Number(port) }
    return { mesh, events, frames, troubles, refusals, endpoint, codes: () => troubles.map(({ code }) => code) }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#meshes.splice(0).map((mesh) => mesh.stop()))
  }
}

/** Waits for a condition, and fails with its description when it does not come about. */
export async function eventually(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
  await expect.poll(holds, { message: what, timeout: withinMs, interval: 5 }).toBe(true)
}
