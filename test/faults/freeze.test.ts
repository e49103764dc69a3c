import { afterEach, describe, expect, it } from 'vitest'
import { parameterPath } from '#cli/agent-client'
import type { WriteAnswer } from '#cli/answers'
import { eventually } from '../support/eventually.ts'
import { Fleet, type FleetNode } from './fleet.ts'

const NODES = ['node-1', 'node-2', 'node-3', 'node-4']
const MISSED_MS_MAX = 30_000
const HEARTBEATS_WATCHED = 6

let fleet: Fleet
afterEach(() => fleet.stop())

const write = (node: FleetNode, parameter: string, value: number) =>
  node.client.put<WriteAnswer>(parameterPath('frozen', parameter), { value })

/** The coordinator that each node follows, and its reign. */
const reigns = (nodes: readonly FleetNode[]) =>
  Promise.all(
    nodes.map(async (node) => {
      const { coordinator, epoch } = await node.status()
      return `${coordinator} in reign ${epoch}`
    }),
  )

/** Long enough for a coordinator to be taken for gone and for a claim of another to be heard. */
async function untilHeartbeatsWentBy(node: FleetNode): Promise<void> {
  const { uptimeMs, heartbeatIntervalMs } = await node.status()
  const until = uptimeMs + HEARTBEATS_WATCHED * heartbeatIntervalMs
  await eventually('heartbeats go by', async () => (await node.status()).uptimeMs >= until, MISSED_MS_MAX)
}

describe('SIGSTOP for longer than a removal, then SIGCONT', () => {
  it('deposes nobody, removes nobody, and keeps what both sides wrote', async () => {
    fleet = new Fleet(NODES, (node, { dataOf }) => ['--data', dataOf(node), '--preset', 'test'])
    await fleet.start()
    // The next in line: it would lead if it believed, when it wakes, that nobody before it has lived for so long.
    const frozen = fleet.nodes[1]!
    const others = fleet.nodes.filter((node) => node !== frozen)
    await write(frozen, 'before', 1)
    await fleet.equal()
    const [reign] = await reigns(others)

    frozen.signal('SIGSTOP')
    // The request waits in the frozen process's socket, and is what it writes when it goes on.
    const late = write(frozen, 'late', 2)
    await eventually(
      'the frozen node is missed',
      async () => (await Promise.all(others.map((node) => node.status()))).every(({ members }) => members.length === 3),
      MISSED_MS_MAX,
    )
    for (const node of others) for (let n = 1; n <= 20; n++) await write(node, node.nodeId, n)
    frozen.signal('SIGCONT')
    await late
    const equalMs = await fleet.equal()
    console.log(`faults: frozen and back: equal again after ${Math.round(equalMs)} ms`)
    await fleet.settled()
    await untilHeartbeatsWentBy(frozen)

    expect((await frozen.config())['frozen']).toEqual({ before: 1, late: 2, 'node-1': 20, 'node-3': 20, 'node-4': 20 })
    expect(await reigns(fleet.nodes)).toEqual(NODES.map(() => reign))
    for (const { members, divergences } of await Promise.all(fleet.nodes.map((node) => node.status()))) {
      expect(members.map(({ nodeId }) => nodeId).toSorted()).toEqual(NODES)
      expect(divergences).toBe(0)
    }
    expect(frozen.logs, 'the one that slept takes nobody for gone').not.toMatch(/"event":"member\.gone"/)
  })
})
