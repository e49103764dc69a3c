import { afterEach, describe, expect, it } from 'vitest'
import { seededRandom } from '#mesh/seeded-random'
import { Fleet, type FleetNode } from './fleet.ts'
import { WriteLoad } from './write-load.ts'

/** `CONFIGSYNC_KILLS=200 npm run test:faults -- kills` kills more often; a quarter as often with `durability: 'disk'`. */
const KILLS = Number(process.env['CONFIGSYNC_KILLS'] ?? 16)
const SEED = Number(process.env['CONFIGSYNC_FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const NODES = ['node-1', 'node-2', 'node-3']
/** Every so often all are killed at once, so that nothing but their folders is left. */
const ALL_EVERY = 6
const WRITES_BETWEEN = 60
/** From when the last killed agent answers again; the promise is 2 H, and the machine may be busy. */
const EQUAL_MS_MAX = 20_000

let fleet: Fleet
let load: WriteLoad
afterEach(async () => {
  await load.end()
  await fleet.stop()
})

describe('kill -9 while all nodes are written to', () => {
  it.each([
    ['process', KILLS],
    ['disk', Math.ceil(KILLS / 4)],
  ] as const)('with --durability %s: %d times, nothing that was acknowledged is lost', async (durability, kills) => {
    const random = seededRandom(SEED)
    fleet = new Fleet(NODES, (node, { dataOf }) => ['--data', dataOf(node), '--durability', durability])
    await fleet.start()
    load = new WriteLoad(fleet.nodes, random)
    const equalMs: EqualAfter = { one: [], all: [] }
    let killed = 0
    for (let round = 1; killed < kills; round++) {
      await load.more(Math.ceil(random() * WRITES_BETWEEN))
      const victims = round % ALL_EVERY === 3 ? fleet.nodes : [fleet.nodes[Math.floor(random() * NODES.length)]!]
      await killAndRestart(victims)
      killed += victims.length
      await load.pause()
      equalMs[victims.length === 1 ? 'one' : 'all'].push(await fleet.equal(EQUAL_MS_MAX))
      expect(await load.lost(fleet.nodes[round % NODES.length]!), `round ${round}, seed ${SEED}`).toEqual([])
      load.resume()
      if (round % 10 === 0) say(durability, killed, equalMs)
    }
    say(durability, killed, equalMs)
    const statuses = await Promise.all(fleet.nodes.map((node) => node.status()))
    expect(statuses.map(({ divergences }) => divergences)).toEqual([0, 0, 0])
    expect(load.unanswered, 'some writes were under way when their agent was killed').toBeGreaterThan(0)
  })
})

describe('the account of what was acknowledged', () => {
  it('shows what a node without a data folder loses when nobody else has it', async () => {
    fleet = new Fleet(['alone'], () => ['--ephemeral'])
    await fleet.start()
    load = new WriteLoad(fleet.nodes, seededRandom(SEED))
    await load.more(20)
    await killAndRestart(fleet.nodes)
    await load.end()
    expect(await load.lost(fleet.nodes[0]!)).toContainEqual(expect.stringMatching(/is neither held nor was it seen/))
  })
})

/** All at once; while they are away the others are written to. */
async function killAndRestart(victims: readonly FleetNode[]): Promise<void> {
  await Promise.all(victims.map((node) => node.kill()))
  for (const node of victims) await node.start()
}

/** Milliseconds each, by how many were killed at once. */
interface EqualAfter {
  readonly one: number[]
  readonly all: number[]
}

function say(durability: string, killed: number, { one, all }: EqualAfter): void {
  console.log(
    `faults: durability ${durability}: ${killed} kills, ${load.acknowledged} writes acknowledged, 0 lost, ${load.unanswered} without an answer; equal again after one was killed: ${summary(one)}, after all were: ${summary(all)}; seed ${SEED}`,
  )
}

function summary(samples: readonly number[]): string {
  const sorted = samples.toSorted((a, b) => a - b).map(Math.round)
  return sorted.length === 0
    ? 'none'
    : `${sorted[Math.floor(sorted.length / 2)]} ms (median), ${sorted.at(-1)} ms (longest)`
}
