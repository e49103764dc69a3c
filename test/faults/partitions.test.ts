import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { parameterPath } from '#cli/agent-client'
import type { WriteAnswer } from '#cli/answers'
import { eventually } from '../support/eventually.ts'
import { runCli } from '../support/processes.ts'
import { Courier } from './courier.ts'
import { Fleet, type FleetNode, type Place } from './fleet.ts'
import { type Host, NamespaceNetwork } from './namespaces.ts'

const LEFT = ['node-1', 'node-2']
const RIGHT = ['node-3', 'node-4']
/** TCP itself tries again ever more slowly while a cable is out, and may take as long as the cut to notice the end. */
const HEALED_MS_MAX = 30_000

const network = new NamespaceNetwork([LEFT, RIGHT])
const certificates = mkdtempSync(join(tmpdir(), 'configsync-certs-'))
const couriers: Courier[] = []
let fleet: Fleet | undefined
afterEach(async () => {
  await fleet?.stop()
  await Promise.all(couriers.map((courier) => courier.stop()))
  network.remove()
  rmSync(certificates, { recursive: true, force: true })
})

/** As people set up a cluster beyond loopback: an authority, a certificate each, a token. */
async function setUp(): Promise<Fleet> {
  const token = randomBytes(24).toString('hex')
  writeFileSync(join(certificates, 'token'), token)
  const commands = [['init', '--cluster', 'faults'], ...[...LEFT, ...RIGHT].map((node) => ['issue', node])]
  for (const words of commands) {
    const { exitCode, stderr } = await runCli(['cert', ...words, '--dir', certificates])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  }
  const places = new Map(network.hosts.map((host) => [host.port, placeOf(host, token)]))
  return new Fleet(
    [...LEFT, ...RIGHT],
    (node, { dataOf }) => flagsOf(node, dataOf(node)),
    (nodeId) => places.get(nodeId)!,
  )
}

function placeOf({ namespace, address }: Host, token: string): Place {
  const within = ['ip', 'netns', 'exec', namespace]
  const courier = new Courier(within, token)
  couriers.push(courier)
  return { within, listen: `${address}:4101`, http: `${address}:7101`, clientOf: (url) => courier.clientOf(url) }
}

function flagsOf({ nodeId }: FleetNode, data: string): string[] {
  const file = (name: string) => join(certificates, name)
  return [
    ...['--data', data, '--http-token-file', file('token'), '--tls-ca', file('ca.pem')],
    ...['--tls-cert', file(`${nodeId}.pem`), '--tls-key', file(`${nodeId}-key.pem`)],
  ]
}

const write = (node: FleetNode, name: string, value: number) =>
  node.client.put<WriteAnswer>(parameterPath('cut', name), { value })

async function untilMembers(nodes: readonly FleetNode[], count: number): Promise<void> {
  await eventually(
    `${nodes.map(({ nodeId }) => nodeId).join(', ')} see ${count} members`,
    async () =>
      (await Promise.all(nodes.map((node) => node.status()))).every(({ members }) => members.length === count),
    HEALED_MS_MAX,
  )
}

/** All equal, every node known to every other, one coordinator, and nothing that was written is missing. */
async function expectHealed(what: string, all: Fleet, expected: Record<string, number>): Promise<void> {
  const equalMs = await all.equal(HEALED_MS_MAX)
  console.log(`faults: ${what}: equal after ${Math.round(equalMs)} ms`)
  await all.settled()
  for (const node of all.nodes) expect((await node.config())['cut']).toEqual(expected)
  await eventually(
    'all follow one coordinator',
    async () => {
      const statuses = await Promise.all(all.nodes.map((node) => node.status()))
      expect(statuses.map(({ divergences }) => divergences)).toEqual([0, 0, 0, 0])
      return statuses.every(({ coordinator }) => coordinator === 'node-1')
    },
    HEALED_MS_MAX,
  )
}

describe('partitions between network namespaces', () => {
  it('heal: halves apart, a broken cable, a link that carries one way only', async () => {
    const obstacle = network.obstacle()
    if (obstacle !== undefined) {
      console.log(`faults: partitions: NOT RUN, no network namespaces here: ${obstacle}`)
      return
    }
    network.build()
    fleet = await setUp()
    await fleet.start()
    const [one, two, three, four] = fleet.nodes as [FleetNode, FleetNode, FleetNode, FleetNode]
    const [hostOne, , hostThree, hostFour] = network.hosts as [Host, Host, Host, Host]

    network.trunk('down')
    await untilMembers(fleet.nodes, 2)
    expect((await two.status()).coordinator).toBe('node-1')
    await eventually('the other half elects its own', async () => (await four.status()).coordinator === 'node-3')
    for (let n = 1; n <= 20; n++) await Promise.all([write(one, 'left', n), write(four, 'right', n)])
    await Promise.all([write(two, 'both', 1), write(three, 'both', 1)])
    network.trunk('up')
    await expectHealed('two halves together again', fleet, { left: 20, right: 20, both: 1 })

    network.cable(hostFour, 'down')
    await untilMembers([one, two, three], 3)
    await Promise.all([write(one, 'left', 21), write(four, 'right', 21)])
    for (const state of ['up', 'down', 'up'] as const) network.cable(hostFour, state)
    await expectHealed('a cable that was out, and flapped', fleet, { left: 21, right: 21, both: 1 })

    network.oneWay(hostOne, hostThree, 'dropped')
    await write(one, 'left', 22)
    await write(three, 'right', 22)
    const aroundMs = await fleet.equal(HEALED_MS_MAX)
    console.log(`faults: a link that carries one way only: equal around it after ${Math.round(aroundMs)} ms`)
    network.oneWay(hostOne, hostThree, 'open')
    await expectHealed('the link carries both ways again', fleet, { left: 22, right: 22, both: 1 })
  })
})
