/**
 * What configsync_propagation_seconds says, held against two observers: three agents, each a process of its own, over mutual TLS on
 * loopback, with clocks that are seconds apart.
 *
 * The first observer is the monotonic clock that all processes of a machine share, read in each process where a write begins and where
 * its components are told. The second is this process: it writes to one agent over HTTP and reads the event stream of another. What HTTP
 * and the stream take of that is measured at an agent without peers, in turns with the others, and subtracted. It varies by more than
 * what is measured, for the processes are in each other's way.
 *
 *     npm run bench:propagation -- [--writes 500]
 */
import { loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { StatusAnswer, UpdateAnswer, WriteAnswer } from '#cli/answers'
import { until } from '#cli/demo/agreement'
import { DemoCluster, type DemoNode } from '#cli/demo/cluster'
import { Observer } from '#cli/demo/observer'
import { describeMachine, machineLine } from './machine.ts'
import type { Stamp } from './propagation-node.ts'
import { markdownTable } from './report.ts'

const OFFSETS_MS: Readonly<Record<string, number>> = { 'node-1': 0, 'node-2': 20_000, 'node-3': -10_000 }
const DEADLINE_MS = 30_000

const { values: options } = parseArgs({ options: { writes: { type: 'string', default: '500' } } })
const writes = Number(options.writes)

/** When each update was written, and when each node told of it. */
const written = new Map<string, number>()
const told = new Map<string, number>()

const program = { path: fileURLToPath(new URL('propagation-node.ts', import.meta.url)) }
const mesh = new DemoCluster(3, {
  program,
  flags: (nodeId) => ['--clock-offset-ms', String(OFFSETS_MS[nodeId])],
  onMessage: ({ nodeId }, message) => {
    const { what, dot, atMs } = message as Stamp
    if (what === 'written') written.set(dot, atMs)
    else told.set(`${nodeId} ${dot}`, atMs)
  },
})
const alone = new DemoCluster(1, { program })
const ending = new AbortController()
const observer = new Observer(ending.signal)
/** The two clusters have the same node ids. */
const echoObserver = new Observer(ending.signal)
let value = 0

async function histogramOf({ client }: DemoNode): Promise<{ sumMs: number; count: number }> {
  const text = await (await fetch(`${client.baseUrl}/metrics`)).text()
  const sample = (name: string) =>
    Number(new RegExp(`^configsync_propagation_seconds_${name} (\\S+)$`, 'm').exec(text)![1])
  return { sumMs: 1_000 * sample('sum'), count: sample('count') }
}

/** Milliseconds from before the request until the reader's event stream told of it. */
async function observe(
  writer: DemoNode,
  reader: DemoNode,
  by: Observer,
): Promise<{ ms: number; update: UpdateAnswer }> {
  // Neither the timers nor the clocks of whole milliseconds may decide when in a millisecond it is.
  await delay(3 + 10 * Math.random())
  for (const startMs = performance.now() + Math.random(); performance.now() < startMs; );
  const startedMs = performance.now()
  const { update } = await writer.client.put<WriteAnswer>('/v1/config/bench/value', { value: ++value })
  const arrivals = await by.arrivals(update, [reader], DEADLINE_MS)
  return { ms: arrivals.get(reader.nodeId)! - startedMs, update }
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length

/** One reader at a time, so that the observer reads nothing else meanwhile. */
async function measure(reader: DemoNode): Promise<string[]> {
  const [solo] = alone.nodes as [DemoNode]
  const writers = mesh.nodes.filter((node) => node !== reader)
  await observer.follow(reader)
  const before = await histogramOf(reader)
  const observed: number[] = []
  const echoes: number[] = []
  const stamped: number[] = []
  for (let i = 0; i < writes; i++) {
    const { ms, update } = await observe(writers[i % 2]!, reader, observer)
    observed.push(ms)
    echoes.push((await observe(solo, solo, echoObserver)).ms)
    const dot = `${update.origin}#${update.sequence}`
    const toldMs = await until(DEADLINE_MS, `${reader.nodeId} stamps ${dot}`, async () =>
      written.has(dot) ? told.get(`${reader.nodeId} ${dot}`) : undefined,
    )
    stamped.push(toldMs - written.get(dot)!)
  }
  const after = await histogramOf(reader)
  observer.unfollow(reader)
  const own = (after.sumMs - before.sumMs) / (after.count - before.count)
  const overHttp = mean(observed) - mean(echoes)
  const figures = [own, mean(stamped), own / mean(stamped), overHttp, mean(echoes)]
  return [reader.nodeId, String(after.count - before.count), ...figures.map((figure) => figure.toFixed(2))]
}

const HEAD = ['node', 'updates', 'own mean ms', 'shared clock ms', 'own / shared', 'over HTTP less echo ms', 'echo ms']

async function settle(): Promise<void> {
  for (const node of mesh.nodes)
    await until(DEADLINE_MS, `${node.nodeId} does not know everybody and their clocks`, async () => {
      const { members } = await node.client.get<StatusAnswer>('/v1/status')
      const knowsAll = members.length === 3 && members.every(({ clockOffsetMs }) => clockOffsetMs !== null)
      return knowsAll || undefined
    })
}

/** By how much each node errs about the others' clocks, which are those of one machine. */
async function clockErrors(node: DemoNode): Promise<string> {
  const { members } = await node.client.get<StatusAnswer>('/v1/status')
  const others = members.filter(({ self }) => !self)
  const errors = others.map(({ nodeId, clockOffsetMs }) => {
    const errorMs = clockOffsetMs! - (OFFSETS_MS[nodeId]! - OFFSETS_MS[node.nodeId]!)
    return `${nodeId} by ${errorMs.toFixed(2)} ms`
  })
  return `${node.nodeId} errs about the clock of ${errors.join(', of ')}`
}

try {
  for (const cluster of [mesh, alone]) {
    await cluster.makeCertificates()
    await cluster.start()
  }
  await echoObserver.follow(alone.nodes[0]!)
  await settle()
  const rows: string[][] = []
  for (const reader of mesh.nodes) rows.push(await measure(reader))
  console.log(markdownTable(HEAD, rows))
  for (const node of mesh.nodes) console.log(await clockErrors(node))
  console.log(`\nMachine: ${machineLine(describeMachine())}, load average ${loadavg()[0]!.toFixed(1)}`)
} finally {
  ending.abort()
  await mesh.stop()
  await alone.stop()
}
