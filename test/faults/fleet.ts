import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AgentClient } from '#cli/agent-client'
import type { ConfigTree, StatusAnswer } from '#cli/answers'
import { canonicalJson, type JsonValue } from '#core/json'
import { eventually } from '../support/eventually.ts'
import { type AgentReady, type RunningCli, startAgent } from '../support/processes.ts'

const EQUAL_MS_MAX = 30_000

export type FleetClient = Pick<AgentClient, 'get' | 'put' | 'patch' | 'delete'>

/** Where an agent runs and how it is spoken to. */
export interface Place {
  /** a command that runs another in its place, as `ip netns exec NAME` does */
  readonly within: readonly string[]
  readonly listen: string
  readonly http: string
  readonly clientOf: (url: string) => FleetClient
}

/** Free ports at every start: those of a former life may be somebody else's by now. */
const LOOPBACK: Place = {
  within: [],
  listen: '127.0.0.1:0',
  http: '127.0.0.1:0',
  clientOf: (address) => new AgentClient({ address }),
}

/** One agent of a fleet: a process that may be gone and come back, on the same folder, under the same name. */
export class FleetNode {
  readonly nodeId: string
  readonly place: Place
  readonly #fleet: Fleet
  #cli: RunningCli | undefined
  #ready: AgentReady | undefined
  /** what it wrote to stderr in its former lives */
  #formerLogs = ''

  constructor(nodeId: string, place: Place, fleet: Fleet) {
    this.nodeId = nodeId
    this.place = place
    this.#fleet = fleet
  }

  get running(): boolean {
    return this.#cli?.running === true
  }

  get mesh(): string {
    return this.#ready!.mesh
  }

  /** Speaks to its present life. */
  get client(): FleetClient {
    return this.place.clientOf(this.#ready!.http)
  }

  /** Everything that it has logged, one JSON object a line. */
  get logs(): string {
    return this.#formerLogs + (this.#cli?.stderr() ?? '')
  }

  async start(): Promise<void> {
    const { cli, ready } = await startAgent(this.#fleet.flagsOf(this), this.place.within)
    this.#cli = cli
    this.#ready = ready
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#cli!.kill(signal)
  }

  /** As a crash does it: nothing can be finished. */
  async kill(): Promise<void> {
    this.#cli!.kill('SIGKILL')
    await this.#cli!.ended()
    this.#retire()
  }

  async stop(): Promise<void> {
    if (this.#cli === undefined) return
    this.#cli.kill('SIGCONT')
    await this.#cli.stop()
    this.#retire()
  }

  status(): Promise<StatusAnswer> {
    return this.client.get<StatusAnswer>('/v1/status')
  }

  config(): Promise<ConfigTree> {
    return this.client.get<ConfigTree>('/v1/config')
  }

  #retire(): void {
    this.#formerLogs = this.logs
    this.#cli = undefined
  }
}

/** Real agents that find each other, each with a data folder of its own; all of it goes with `stop`. */
export class Fleet {
  readonly folder = mkdtempSync(join(tmpdir(), 'configsync-faults-'))
  readonly nodes: readonly FleetNode[]
  readonly #flags: (node: FleetNode) => readonly string[]

  /** @param flags besides names and addresses; each node's data folder unless they say otherwise */
  constructor(
    nodeIds: readonly string[],
    flags: (node: FleetNode, fleet: Fleet) => readonly string[],
    placeOf: (nodeId: string) => Place = () => LOOPBACK,
  ) {
    this.nodes = nodeIds.map((nodeId) => new FleetNode(nodeId, placeOf(nodeId), this))
    this.#flags = (node) => flags(node, this)
  }

  readonly dataOf = ({ nodeId }: FleetNode): string => join(this.folder, nodeId)

  flagsOf(node: FleetNode): string[] {
    const members = this.nodes.filter((other) => other !== node && other.running)
    return [
      ...['--node-id', node.nodeId, '--cluster', 'faults', '--listen', node.place.listen, '--http', node.place.http],
      ...members.flatMap(({ mesh }) => ['--join', mesh]),
      ...this.#flags(node),
    ]
  }

  async start(): Promise<void> {
    // One after the other: each joins those before it.
    for (const node of this.nodes) await node.start()
    await this.settled()
  }

  /** Resolves when every node that runs knows every other. */
  async settled(): Promise<void> {
    const { running } = this
    await eventually(
      'all know all',
      async () => (await this.#statuses()).every(({ members }) => members.length === running.length),
      EQUAL_MS_MAX,
    )
  }

  get running(): FleetNode[] {
    return this.nodes.filter(({ running }) => running)
  }

  /**
   * Milliseconds until all that run have seen the same and hold the same values.
   * @throws when that does not come about
   */
  async equal(withinMs = EQUAL_MS_MAX): Promise<number> {
    const startedAt = performance.now()
    await eventually('all are equal', () => this.#areEqual(), withinMs)
    return performance.now() - startedAt
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  #statuses(): Promise<StatusAnswer[]> {
    return Promise.all(this.running.map((node) => node.status()))
  }

  async #areEqual(): Promise<boolean> {
    const marks = (await this.#statuses()).map(({ digest, liveHash }) => `${digest} ${liveHash}`)
    if (new Set(marks).size > 1) return false
    const configs = await Promise.all(this.running.map((node) => node.config()))
    return new Set(configs.map((config) => canonicalJson(config as JsonValue))).size <= 1
  }
}
