/**
 * The bounds of docs/guarantees.md on five real agents, joined over mutual TLS on loopback: what each row means for
 * processes that are killed, restarted and frozen. Prints the worst and the median of each row. TCP loses nothing, so the
 * rows about loss are measured in virtual time (npm run sim:table).
 *
 *     npm run bench:processes -- [--rounds 5]
 */
import { parseArgs } from 'node:util'
import type { StatusAnswer, UpdateAnswer, WriteAnswer } from '#cli/answers'
import { agreement, until } from '#cli/demo/agreement'
import { DemoCluster, type DemoNode } from '#cli/demo/cluster'
import { Observer } from '#cli/demo/observer'
import { median } from './statistics.ts'

const H_MS = 1_000
const DEADLINE_MS = 30_000
const NODES = 5

interface Row {
  readonly what: string
  readonly bound: string
  readonly samples: number[]
}

const ending = new AbortController()
const cluster = new DemoCluster(NODES)
const observer = new Observer(ending.signal)
const rows = new Map<string, Row>()
let written = 0

function note(what: string, bound: string, value: number): void {
  const row = rows.get(what) ?? { what, bound, samples: [] }
  rows.set(what, row)
  row.samples.push(value)
}

const status = (node: DemoNode): Promise<StatusAnswer> => node.client.get<StatusAnswer>('/v1/status')

async function write(node: DemoNode): Promise<UpdateAnswer> {
  const { update } = await node.client.put<WriteAnswer>('/v1/config/bench/value', { value: ++written })
  return update
}

/** Milliseconds from `startedAt` until the last of `nodes` has told of the update. */
async function lastArrival(update: UpdateAnswer, nodes: readonly DemoNode[], startedAt: number): Promise<number> {
  const arrivals = await observer.arrivals(update, nodes, DEADLINE_MS)
  return Math.max(...nodes.map((node) => arrivals.get(node.nodeId)!)) - startedAt
}

async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await action()
  return performance.now() - startedAt
}

async function untilCoordinator(expected: string): Promise<void> {
  for (const node of cluster.running)
    await until(DEADLINE_MS, `${node.nodeId} does not follow ${expected}`, async () =>
      (await status(node)).coordinator === expected ? true : undefined,
    )
}

async function untilMembers(): Promise<void> {
  const { running } = cluster
  for (const node of running)
    await until(DEADLINE_MS, `${node.nodeId} does not see everybody`, async () =>
      (await status(node)).members.length === running.length ? true : undefined,
    )
}

/** Everybody up, known, led by the first, and equal. */
async function settle(): Promise<void> {
  await untilMembers()
  await untilCoordinator(cluster.running[0]!.nodeId)
  await agreement(cluster.running, DEADLINE_MS)
}

async function propagation(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const startedAt = performance.now()
    const update = await write(cluster.nodes[i % NODES]!)
    note(
      'an update is on every node (HTTP to event stream)',
      'one hop',
      await lastArrival(update, cluster.nodes, startedAt),
    )
  }
}

async function writerDies(): Promise<void> {
  const writer = cluster.nodes[4]!
  const others = cluster.nodes.slice(0, 4)
  const startedAt = performance.now()
  const update = await write(writer)
  writer.process!.kill()
  note('its writer is killed at once', '2 H', await lastArrival(update, others, startedAt))
  await writer.process!.ended()
  await write(others[0]!)
  await cluster.startNode(writer)
  await observer.follow(writer)
  note('a killed node is back and has everything', '2 H', await elapsed(() => agreement(cluster.nodes, DEADLINE_MS)))
  await settle()
}

async function cleanRestart(): Promise<void> {
  const node = cluster.nodes[3]!
  await node.process!.stop()
  await write(cluster.nodes[0]!)
  await cluster.startNode(node)
  await observer.follow(node)
  note('a stopped node is back and has everything', '2 H', await elapsed(() => agreement(cluster.nodes, DEADLINE_MS)))
  await settle()
}

/** The first `count` are killed together, and the next leads. */
async function coordinatorsDie(count: number, bound: string): Promise<void> {
  const killed = cluster.nodes.slice(0, count)
  const tookMs = await elapsed(async () => {
    for (const node of killed) node.process!.kill()
    await Promise.all(killed.map((node) => node.process!.ended()))
    await untilCoordinator(cluster.nodes[count]!.nodeId)
  })
  note(count === 1 ? 'the coordinator is killed: all follow the next' : `${count} in a row are killed`, bound, tookMs)
  await Promise.all(killed.map((node) => cluster.startNode(node)))
  await Promise.all(killed.map((node) => observer.follow(node)))
  await settle()
}

/** A frozen process is cut off like a partition; when it goes on, both sides have written and both must be equal. */
async function freeze(): Promise<void> {
  const frozen = cluster.nodes[2]!
  frozen.process!.signal('SIGSTOP')
  const others = cluster.nodes.filter((node) => node !== frozen)
  await until(DEADLINE_MS, 'the frozen node was not missed', async () =>
    (await status(others[0]!)).members.length === NODES - 1 ? true : undefined,
  )
  for (let i = 0; i < 20; i++) await write(others[i % others.length]!)
  frozen.process!.signal('SIGCONT')
  note('a frozen node goes on and all are equal', '2 H', await elapsed(() => agreement(cluster.nodes, DEADLINE_MS)))
  const { coordinator } = await status(frozen)
  note('…and it deposes nobody (1: the coordinator is the same)', '1', coordinator === cluster.nodes[0]!.nodeId ? 1 : 0)
  await settle()
}

async function total(read: (answer: StatusAnswer) => number): Promise<number> {
  const answers = await Promise.all(cluster.nodes.map(status))
  return answers.reduce((sum, answer) => sum + read(answer), 0)
}

/** Heartbeats are all that an idle node broadcasts; receipts for them are counted too. */
async function idle(): Promise<void> {
  const sent = () => total(({ delivery }) => delivery.framesSent)
  const before = await sent()
  const startedAt = performance.now()
  await until(DEADLINE_MS, 'time passes', async () => (performance.now() - startedAt > 10 * H_MS ? true : undefined))
  const intervals = (performance.now() - startedAt) / H_MS
  note(
    'frames that an idle node sends per H, receipts included',
    '1.1 + receipts',
    ((await sent()) - before) / NODES / intervals,
  )
}

/** All write at about 100 times a second for five seconds: nobody needs to pull. */
async function load(): Promise<void> {
  const repairs = () => total((answer) => answer.repairs)
  const before = await repairs()
  const writer = async (node: DemoNode) => {
    const startedAt = performance.now()
    for (let n = 0; n < 500; n++) {
      await node.client.put(`/v1/config/load/${node.nodeId}`, { value: n })
      const dueAt = startedAt + (n + 1) * 10
      if (performance.now() < dueAt)
        await until(DEADLINE_MS, 'the next write is due', async () => performance.now() >= dueAt || undefined)
    }
  }
  await Promise.all(cluster.nodes.map(writer))
  note('pulls while all write 100 times a second', '0', (await repairs()) - before)
  await settle()
}

function report(): void {
  const text = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 0))
  console.log('| what | bound | worst | median | samples |\n| --- | --- | --- | --- | --- |')
  for (const { what, bound, samples } of rows.values()) {
    const worst = what.startsWith('…') ? Math.min(...samples) : Math.max(...samples)
    console.log(`| ${what} | ${bound} | ${text(worst)} | ${text(median(samples))} | ${samples.length} |`)
  }
}

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
try {
  await cluster.makeCertificates()
  await cluster.start()
  await Promise.all(cluster.nodes.map((node) => observer.follow(node)))
  await settle()
  await idle()
  await propagation()
  await load()
  for (let round = 0; round < Number(options.rounds); round++) {
    await writerDies()
    await cleanRestart()
    await coordinatorsDie(1, '3.5 H')
    await coordinatorsDie(3, '4.5 H')
    await freeze()
  }
  note('divergences, on all nodes', '0', await total(({ divergences }) => divergences))
  report()
} finally {
  ending.abort()
  await cluster.stop()
}
