import { setTimeout as delay } from 'node:timers/promises'
import type { AgentClient } from './agent-client.ts'
import type { NodeAnswer, NodesAnswer, UpdateAnswer } from './answers.ts'
import { failure } from './failure.ts'

const WAIT_SECONDS_DEFAULT = 10
const POLL_MS = 50

/**
 * Resolves with the names of the live nodes once each of them has shown, by its heartbeat, that it has `update`. That
 * is later than they have it: a node's word comes with its next heartbeat.
 * @throws WAIT_TIMEOUT, naming who has not shown it
 */
export async function waitForAll(
  client: AgentClient,
  update: UpdateAnswer,
  seconds = WAIT_SECONDS_DEFAULT,
): Promise<readonly string[]> {
  const deadline = performance.now() + seconds * 1_000
  for (;;) {
    const { nodes } = await client.get<NodesAnswer>('/v1/nodes')
    const lacking = nodes.filter((node) => !has(node, update)).map((node) => node.nodeId)
    if (lacking.length === 0) return nodes.map((node) => node.nodeId)
    if (performance.now() >= deadline)
      throw failure('WAIT_TIMEOUT', `after ${seconds} s not yet shown by ${lacking.join(', ')}`)
    await delay(POLL_MS)
  }
}

/** A member that is in step with the agent has all that the agent has, its own write included. */
const has = (node: NodeAnswer, { origin, sequence }: UpdateAnswer): boolean =>
  node.self || node.inStep === true || (node.versionVector?.[origin] ?? 0) >= sequence
