import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificateOf } from './certificates.ts'
import { type AgentReady, type RunningCli, startAgent } from './processes.ts'

const CLUSTER = 'prod'

interface Started {
  readonly cli: RunningCli
  readonly ready: AgentReady
}

/** Real agents of one mesh, each a process, for a browser to look at. */
export class DashboardMesh {
  readonly #folder = mkdtempSync(join(tmpdir(), 'configsync-dashboard-'))
  readonly #agents = new Map<string, Started>()

  /** @param flags beside name, addresses, certificates and preset */
  async start(nodeId: string, ...flags: string[]): Promise<AgentReady> {
    const known = this.#agents.get(nodeId)?.ready
    // Started again it keeps its addresses, as a service that is restarted does.
    const addresses = known
      ? ['--listen', known.mesh, '--http', new URL(known.http).host]
      : ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0']
    const others = [...this.#agents].filter(([other]) => other !== nodeId).map(([, { ready }]) => ready.mesh)
    const started = await startAgent([
      ...['--node-id', nodeId, '--cluster', CLUSTER, '--preset', 'test', '--log-level', 'info'],
      ...addresses,
      ...others.flatMap((mesh) => ['--join', mesh]),
      ...(await this.#certificateFlags(nodeId)),
      ...flags,
    ])
    this.#agents.set(nodeId, started)
    return started.ready
  }

  agent(nodeId: string): Started {
    return this.#agents.get(nodeId)!
  }

  /** A file of this mesh's folder. */
  write(name: string, text: string): string {
    const path = join(this.#folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  async call(nodeId: string, method: string, path: string, body?: unknown) {
    const response = await fetch(this.agent(nodeId).ready.http + path, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
    const answer = (await response.json()) as any
    if (!response.ok) throw new Error(`${method} ${path}: ${answer.code} ${answer.detail}`)
    return answer
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(({ cli }) => cli.stop()))
    rmSync(this.#folder, { recursive: true })
  }

  async #certificateFlags(nodeId: string): Promise<string[]> {
    const { cert, key, ca } = await certificateOf(nodeId, CLUSTER)
    return Object.entries({ cert, key, ca }).flatMap(([name, pem]) => [
      `--tls-${name}`,
      this.write(`${nodeId}-${name}.pem`, pem),
    ])
  }
}
