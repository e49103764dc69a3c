import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority, issueCertificate, writeAuthority, writeCertificate } from '#mesh/tls/index'
import { AgentClient } from '../agent-client.ts'
import { failure } from '../failure.ts'
import { AgentProcess, type DemoProgram } from './agent-process.ts'
import { choosePorts } from './ports.ts'

export const DEMO_CLUSTER = 'demo'
const HOST = '127.0.0.1'

/** One node of the demo: its addresses stay the same over all its processes. */
export class DemoNode {
  readonly nodeId: string
  readonly mesh: string
  readonly http: string
  readonly client: AgentClient
  process: AgentProcess | undefined

  constructor(nodeId: string, meshPort: number, httpPort: number) {
    this.nodeId = nodeId
    this.mesh = `${HOST}:${meshPort}`
    this.http = `${HOST}:${httpPort}`
    this.client = new AgentClient({ address: this.http })
  }

  get running(): boolean {
    return this.process?.running === true
  }
}

export interface DemoClusterOptions {
  /** default: an agent and nothing else */
  readonly program?: DemoProgram
  /** beside those of a demo's agent: of all nodes, or of each */
  readonly flags?: readonly string[] | ((nodeId: string) => readonly string[])
  readonly onMessage?: (node: DemoNode, message: unknown) => void
}

/** Agents with certificates of their own authority, in a folder that lasts as long as they do. */
export class DemoCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'configsync-demo-'))
  readonly #count: number
  readonly #options: DemoClusterOptions
  #nodes: readonly DemoNode[] = []
  readonly #endNow = () => this.#removeEverything()

  constructor(count: number, options: DemoClusterOptions = {}) {
    this.#count = count
    this.#options = options
    // Runs however this process ends, but for SIGKILL; then the agents notice by themselves.
    process.once('exit', this.#endNow)
  }

  get nodes(): readonly DemoNode[] {
    return this.#nodes
  }

  get running(): readonly DemoNode[] {
    return this.#nodes.filter((node) => node.running)
  }

  /** Makes an authority and one certificate for each node. */
  async makeCertificates(): Promise<void> {
    const authority = await createAuthority({ cluster: DEMO_CLUSTER, days: 1 })
    await writeAuthority(this.folder, authority)
    for (let i = 1; i <= this.#count; i++) {
      const issued = await issueCertificate({ authority, nodeId: `node-${i}`, days: 1 })
      await writeCertificate(this.folder, `node-${i}`, issued)
    }
  }

  /** Starts all agents at once; on other ports when somebody else was faster to take the usual ones. */
  async start(): Promise<void> {
    try {
      await this.#startOn(true)
    } catch {
      await this.#stopAll()
      await this.#startOn(false)
    }
  }

  /** @throws DEMO_FAILED when the agent does not come up */
  async startNode(node: DemoNode): Promise<void> {
    if (node.running) return
    node.process = new AgentProcess(node.nodeId, this.#flags(node), this.#options.program)
    const { onMessage } = this.#options
    if (onMessage) node.process.onMessage((message) => onMessage(node, message))
    await node.process.ready()
  }

  node(nodeId: string): DemoNode {
    const found = this.#nodes.find((node) => node.nodeId === nodeId)
    if (!found) throw failure('DEMO_FAILED', `no node ${nodeId}`)
    return found
  }

  /** Stops every agent and removes the folder. */
  async stop(): Promise<void> {
    await this.#stopAll()
    this.#removeEverything()
    process.off('exit', this.#endNow)
  }

  async #startOn(usualPorts: boolean): Promise<void> {
    const ports = await choosePorts(this.#count, usualPorts)
    this.#nodes = ports.map(({ mesh, http }, i) => new DemoNode(`node-${i + 1}`, mesh, http))
    const outcomes = await Promise.allSettled(this.#nodes.map((node) => this.startNode(node)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }

  #flags(node: DemoNode): string[] {
    const { flags = [] } = this.#options
    const others = this.#nodes.filter((other) => other !== node)
    const file = (name: string) => join(this.folder, name)
    return [
      ...['--node-id', node.nodeId, '--cluster', DEMO_CLUSTER, '--ephemeral', '--json', '--log-level', 'warn'],
      ...['--listen', node.mesh, '--http', node.http],
      ...others.flatMap((other) => ['--join', other.mesh]),
      ...[
        '--tls-cert',
        file(`${node.nodeId}.pem`),
        '--tls-key',
        file(`${node.nodeId}-key.pem`),
        '--tls-ca',
        file('ca.pem'),
      ],
      ...(typeof flags === 'function' ? flags(node.nodeId) : flags),
    ]
  }

  async #stopAll(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.process?.stop()))
  }

  #removeEverything(): void {
    for (const node of this.#nodes) node.process?.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
