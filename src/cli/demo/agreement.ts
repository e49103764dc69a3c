import { setTimeout as delay } from 'node:timers/promises'
import { canonicalJson, type JsonValue } from '#core/json'
import type { ConfigTree, StatusAnswer } from '../answers.ts'
import { failure } from '../failure.ts'
import type { DemoNode } from './cluster.ts'

const POLL_MS = 10

/** One node's own word on its state. */
export interface NodeSnapshot {
  readonly nodeId: string
  readonly status: StatusAnswer
  readonly config: ConfigTree
}

export async function snapshotOf(node: DemoNode): Promise<NodeSnapshot> {
  const [status, config] = await Promise.all([
    node.client.get<StatusAnswer>('/v1/status'),
    node.client.get<ConfigTree>('/v1/config'),
  ])
  return { nodeId: node.nodeId, status, config }
}

/** What two nodes differ in, or undefined when they have seen the same and hold the same. */
export function difference(a: NodeSnapshot, b: NodeSnapshot): string | undefined {
  const pair = `${a.nodeId} and ${b.nodeId}`
  if (a.status.digest !== b.status.digest) return `${pair} have not seen the same updates`
  if (a.status.liveHash !== b.status.liveHash) return `${pair} hold different content`
  if (canonicalJson(a.config as JsonValue) !== canonicalJson(b.config as JsonValue))
    return `${pair} have different values`
  return undefined
}

/**
 * Resolves once all nodes have seen the same updates and hold the same values.
 * @throws DEMO_FAILED, saying who differs in what
 */
export async function agreement(nodes: readonly DemoNode[], deadlineMs: number): Promise<readonly NodeSnapshot[]> {
  let found = 'no node runs'
  return until(
    deadlineMs,
    () => found,
    async () => {
      const [first, ...others] = await Promise.all(nodes.map(snapshotOf))
      if (!first) return undefined
      const differences = others.map((other) => difference(first, other)).filter((text) => text !== undefined)
      found = differences.join('; ')
      return differences.length === 0 ? [first, ...others] : undefined
    },
  )
}

/**
 * Asks again and again until there is an answer.
 * @throws DEMO_FAILED with `failed` after `deadlineMs`
 */
export async function until<T>(
  deadlineMs: number,
  failed: string | (() => string | Promise<string>),
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() >= deadline) {
      throw failure(
        'DEMO_FAILED',
        `${typeof failed === 'string' ? failed : await failed()} (waited ${Math.round(deadlineMs / 1_000)} s)`,
      )
    }
    await delay(POLL_MS)
  }
}
