import { readFileSync } from 'node:fs'
import { type JsonValue, jsonEqual } from '#core/json'
import { parameterPath } from '../agent-client.ts'
import type {
  ConfigTree,
  ConflictAnswer,
  ConflictsAnswer,
  ParameterAnswer,
  PatchAnswer,
  StatusAnswer,
  UpdateAnswer,
  WriteAnswer,
} from '../answers.ts'
import { differences, parseTree } from '../commands/import.ts'
import { failure } from '../failure.ts'
import { duration, shortValue } from '../output.ts'
import { nameText, type ParameterName } from '../parameter-name.ts'
import { agreement, until } from './agreement.ts'
import type { DemoCluster, DemoNode } from './cluster.ts'
import type { Observer } from './observer.ts'
import type { StoryStep } from './step.ts'

/** Far more than any bound of ConfigSync at its usual heartbeat, for machines that are busy with other things. */
const STEP_MS_MAX = 20_000
const CONFLICT_ATTEMPTS_MAX = 25

/** What is imported: the configuration of an agent fleet. */
export const EXAMPLE_FILE = new URL('../../../examples/oppie.json', import.meta.url)

/** When an update was where, and where it was last. */
type Reached = Required<Pick<StoryStep, 'tookMs' | 'reachedMs'>>

/** What can be done to the demo's cluster. Each action resolves with what it did and how long that took. */
export class DemoActions {
  readonly #cluster: DemoCluster
  readonly #observer: Observer

  constructor(cluster: DemoCluster, observer: Observer) {
    this.#cluster = cluster
    this.#observer = observer
  }

  async makeCertificates(): Promise<StoryStep> {
    const tookMs = await timed(() => this.#cluster.makeCertificates())
    return {
      title: 'An authority and a certificate for each node',
      lines: [`in ${this.#cluster.folder}, removed at the end`],
      tookMs,
    }
  }

  /** All agents up, and every one of them sees all others. */
  async startAgents(): Promise<StoryStep> {
    const tookMs = await timed(async () => {
      await this.#cluster.start()
      const { nodes } = this.#cluster
      await Promise.all(nodes.map((node) => this.#observer.follow(node)))
      await Promise.all(
        nodes.map((node) =>
          this.#untilStatus(node, `sees ${nodes.length} members`, ({ members }) => members.length === nodes.length),
        ),
      )
    })
    const { nodes } = this.#cluster
    const pids = nodes.map((node) => `${node.nodeId} (process ${node.process?.pid})`).join(', ')
    return { title: `${nodes.length} agents, joined over mutual TLS 1.3`, lines: [pids], tookMs }
  }

  /** Every running node names the same coordinator, the one with the smallest name. */
  async electCoordinator(): Promise<StoryStep> {
    const nodes = this.#cluster.running
    const expected = nodes.map((node) => node.nodeId).sort()[0]!
    const tookMs = await timed(async () => {
      await Promise.all(
        nodes.map((node) =>
          this.#untilStatus(node, `takes ${expected} for coordinator`, ({ coordinator }) => coordinator === expected),
        ),
      )
    })
    return {
      title: `${expected} is coordinator`,
      lines: ['the live node with the smallest name; every node agrees'],
      tookMs,
    }
  }

  /** The whole example in one atomic change. */
  async importExample(node: DemoNode): Promise<StoryStep> {
    const wanted = parseTree(readFileSync(EXAMPLE_FILE, 'utf8'), EXAMPLE_FILE.pathname)
    const { changes, unchanged } = differences(wanted, await node.client.get<ConfigTree>('/v1/config'))
    const body = {
      changes: changes.map(({ section, parameter, value }) => ({
        section,
        parameter,
        value,
        reason: 'examples/oppie.json',
      })),
    }
    const startedAt = performance.now()
    const { updates } = await node.client.patch<PatchAnswer>('/v1/config', body)
    const reachedMs = await this.#reached(updates.at(-1)!.update, startedAt)
    const sections = Object.keys(wanted).join(', ')
    return {
      title: `examples/oppie.json imported on ${node.nodeId}`,
      lines: [`${changes.length} parameters of ${sections} in one atomic change (${unchanged} were already so)`],
      having: 'all',
      ...reachedMs,
    }
  }

  async write(node: DemoNode, name: ParameterName, value: JsonValue): Promise<StoryStep> {
    const startedAt = performance.now()
    const { update } = await this.#put(node, name, value)
    return {
      title: `${node.nodeId} sets ${nameText(name)} = ${shortValue(value)}`,
      lines: [],
      ...(await this.#reached(update, startedAt)),
    }
  }

  /** Two nodes write one parameter without knowing of each other; every node takes the same one. */
  async conflict(
    a: DemoNode,
    b: DemoNode,
    name: ParameterName,
    valuesOf: (attempt: number) => readonly [JsonValue, JsonValue],
  ): Promise<StoryStep> {
    for (let attempt = 1; attempt <= CONFLICT_ATTEMPTS_MAX; attempt++) {
      const [valueA, valueB] = valuesOf(attempt)
      const startedAt = performance.now()
      const writes = await this.#writeTogether([a, valueA], [b, valueB], name, attempt > CONFLICT_ATTEMPTS_MAX / 2)
      const reached = await Promise.all(writes.map(({ update }) => this.#reached(update, startedAt)))
      if (!concurrent(writes[0].update, writes[1].update)) continue
      const conflict = await this.#recordOf(name, writes[0].update)
      const taken = await this.#commonValue(name)
      const lines = [
        `${a.nodeId} set ${shortValue(valueA)} and ${b.nodeId} set ${shortValue(valueB)}, neither knowing of the other`,
        ...(attempt > 1 ? [`at try ${attempt}: before, one of the two had heard of the other in time`] : []),
        `every node took ${shortValue(taken)}`,
        conflict.explanation,
      ]
      return { title: `A conflict over ${nameText(name)}`, lines, having: 'both', ...bothReached(reached) }
    }
    throw failure('DEMO_FAILED', `${CONFLICT_ATTEMPTS_MAX} pairs of simultaneous writes, and not one conflict`)
  }

  /** As in a crash: the process is gone without a word. */
  async kill(node: DemoNode): Promise<StoryStep> {
    this.#observer.unfollow(node)
    const tookMs = await timed(async () => {
      node.process?.kill()
      await node.process?.ended()
    })
    return { title: `${node.nodeId} killed`, lines: ['SIGKILL: it says nothing to anybody'], tookMs }
  }

  /** Until the others have noticed a dead coordinator and have the next one. */
  async succession(dead: DemoNode, killedAt: number): Promise<StoryStep> {
    const { title } = await this.electCoordinator()
    const tookMs = performance.now() - killedAt
    return { title, lines: [`the others missed ${dead.nodeId}, asked for it, and went on without it`], tookMs }
  }

  /** A new process of the same name, which has nothing: it takes everything from the others. */
  async bringBack(node: DemoNode): Promise<StoryStep> {
    const startedAt = performance.now()
    await this.#cluster.startNode(node)
    const upAt = performance.now()
    await this.#observer.follow(node)
    await agreement(this.#cluster.running, STEP_MS_MAX)
    const now = performance.now()
    const line = `up after ${duration(upAt - startedAt)} with nothing; ${duration(now - upAt)} later it had everything that the others have`
    return { title: `${node.nodeId} is back`, lines: [line], tookMs: now - startedAt }
  }

  /** All running nodes show the same digests and the same values. */
  async agree(): Promise<StoryStep> {
    const startedAt = performance.now()
    const snapshots = await agreement(this.#cluster.running, STEP_MS_MAX)
    const { status } = snapshots[0]!
    const line = `digest ${status.digest}, content ${status.liveHash}, ${status.parameters} parameters, ${status.divergences} divergences`
    return { title: `All ${snapshots.length} nodes agree`, lines: [line], tookMs: performance.now() - startedAt }
  }

  #put(node: DemoNode, { section, parameter }: ParameterName, value: JsonValue): Promise<WriteAnswer> {
    return node.client.put<WriteAnswer>(parameterPath(section, parameter), { value })
  }

  /**
   * At the same moment, which is mostly enough. With `frozen` the second node is stopped while both requests are on
   * their way: it then finds its own before the news of the other.
   */
  async #writeTogether(
    [a, valueA]: readonly [DemoNode, JsonValue],
    [b, valueB]: readonly [DemoNode, JsonValue],
    name: ParameterName,
    frozen: boolean,
  ): Promise<readonly [WriteAnswer, WriteAnswer]> {
    if (!frozen) return Promise.all([this.#put(a, name, valueA), this.#put(b, name, valueB)])
    b.process?.signal('SIGSTOP')
    try {
      const second = this.#put(b, name, valueB)
      const first = await this.#put(a, name, valueA)
      b.process?.signal('SIGCONT')
      return [first, await second]
    } finally {
      b.process?.signal('SIGCONT')
    }
  }

  async #reached(update: UpdateAnswer, startedAt: number): Promise<Reached> {
    const arrivals = await this.#observer.arrivals(update, this.#cluster.running, STEP_MS_MAX)
    const entries = [...arrivals]
      .map(([nodeId, at]) => [nodeId, at - startedAt] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return { reachedMs: Object.fromEntries(entries), tookMs: Math.max(...entries.map(([, ms]) => ms)) }
  }

  /** What some node wrote down about the conflict in which this update took part. */
  async #recordOf(name: ParameterName, { origin, sequence }: UpdateAnswer): Promise<ConflictAnswer> {
    const isIt = (record: ConflictAnswer) =>
      nameText(record) === nameText(name) &&
      [record.winner, ...record.losers].some((sibling) => sibling.origin === origin && sibling.sequence === sequence)
    return until(STEP_MS_MAX, `no node has a record of the conflict over ${nameText(name)}`, async () => {
      const answers = await Promise.all(
        this.#cluster.running.map((node) => node.client.get<ConflictsAnswer>('/v1/conflicts')),
      )
      return answers.flatMap(({ conflicts }) => conflicts).find(isIt)
    })
  }

  /** The value that all running nodes give. */
  async #commonValue({ section, parameter }: ParameterName): Promise<JsonValue> {
    const name = nameText({ section, parameter })
    const { value } = await until(STEP_MS_MAX, `the nodes differ in ${name}`, async () => {
      const nodes = this.#cluster.running
      const [first, ...others] = await Promise.all(
        nodes.map(({ client }) => client.get<ParameterAnswer>(parameterPath(section, parameter))),
      )
      return others.every(({ value }) => jsonEqual(value, first!.value)) ? first : undefined
    })
    return value
  }

  async #untilStatus(node: DemoNode, expectation: string, holds: (status: StatusAnswer) => boolean): Promise<void> {
    await until(STEP_MS_MAX, `${node.nodeId} never ${expectation}`, async () => {
      return holds(await node.client.get<StatusAnswer>('/v1/status')) || undefined
    })
  }
}

/** Neither writer had seen the other's update. */
export function concurrent(a: UpdateAnswer, b: UpdateAnswer): boolean {
  const saw = (writer: UpdateAnswer, other: UpdateAnswer) => (writer.versionVector[other.origin] ?? 0) >= other.sequence
  return !saw(a, b) && !saw(b, a)
}

/** When each node had the last of several updates. */
function bothReached(reached: readonly Reached[]): Reached {
  const reachedMs: Record<string, number> = {}
  for (const one of reached) {
    for (const [nodeId, ms] of Object.entries(one.reachedMs)) reachedMs[nodeId] = Math.max(ms, reachedMs[nodeId] ?? 0)
  }
  return { reachedMs, tookMs: Math.max(...reached.map(({ tookMs }) => tookMs)) }
}

async function timed(action: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await action()
  return performance.now() - startedAt
}
