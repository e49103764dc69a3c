import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { JoinAnswer, JoinJob } from './late-joiner.ts'
import type { Answer, NodeCalls } from './node.ts'
import type { Credentials } from './system.ts'
import type { SystemName } from './systems.ts'

const CALL_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 3_000

/** A node's process, called over its channel. */
class RemoteNode {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #calls = 0

  constructor() {
    this.#child = fork(fileURLToPath(new URL('node.ts', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child.on('message', (answer: Answer) => this.#take(answer))
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`a bench node ended with ${code}`))
    })
  }

  async call<Name extends keyof NodeCalls>(
    name: Name,
    argument: Parameters<NodeCalls[Name]>[0],
    deadlineMs = CALL_DEADLINE_MS,
  ): Promise<Awaited<ReturnType<NodeCalls[Name]>>> {
    const id = ++this.#calls
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    const timer = setTimeout(() => waiting.reject(new Error(`${name} took over ${deadlineMs} ms`)), deadlineMs)
    this.#child.send({ id, name, argument })
    try {
      return (await waiting.promise) as Awaited<ReturnType<NodeCalls[Name]>>
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    await this.call('close', undefined, STOP_DEADLINE_MS).catch(() => {})
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS)
    await ended
    clearTimeout(timer)
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    if ('failure' in answer) waiting?.reject(new Error(answer.failure))
    else waiting?.resolve(answer.result)
  }
}

/** All nodes of one system, each in its own process, connected to each other. */
export class Cluster {
  readonly #system: SystemName
  readonly #nodes: RemoteNode[]
  #addresses: readonly string[] = []

  private constructor(system: SystemName, nodes: RemoteNode[]) {
    this.#system = system
    this.#nodes = nodes
  }

  /** @param credentials one for each node */
  static async start(system: SystemName, credentials: readonly Credentials[]): Promise<Cluster> {
    const cluster = new Cluster(
      system,
      credentials.map(() => new RemoteNode()),
    )
    try {
      const nodes = credentials.length
      const opened = cluster.#nodes.map((node, index) =>
        node.call('open', { system, index, nodes, credentials: credentials[index]! }),
      )
      cluster.#addresses = await Promise.all(opened)
      await cluster.each('join', cluster.#addresses)
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  /** The same call to all nodes at once; answers by index. */
  each<Name extends keyof NodeCalls>(
    name: Name,
    argument: Parameters<NodeCalls[Name]>[0],
    deadlineMs?: number,
  ): Promise<Awaited<ReturnType<NodeCalls[Name]>>[]> {
    return Promise.all(this.#nodes.map((node) => node.call(name, argument, deadlineMs)))
  }

  /** One more node, which finds what the others hold. Its process has loaded its modules before the clock starts. */
  async joinLate(credentials: Credentials, job: Pick<JoinJob, 'entries' | 'waitMsMax'>): Promise<JoinAnswer> {
    const index = this.#nodes.length
    const node = new RemoteNode()
    this.#nodes.push(node)
    await node.call('loaded', undefined)
    const place = { index, nodes: index + 1, credentials, addresses: this.#addresses }
    return node.call('joinLate', { system: this.#system, ...place, ...job }, job.waitMsMax + CALL_DEADLINE_MS)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()))
  }
}
