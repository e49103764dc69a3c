import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigSyncManager } from '#node/manager'
import type { LinkFaults } from '#mesh/link-faults'
import { Metrics } from '#observe/metrics'
import { VirtualMesh } from '#sim/virtual-mesh'
import { AutoTuner } from '#tuner/auto-tuner'

const WRITES = 300
const NODES = 5
/** What a metric may be off by. */
const TOLERANCE = 0.1

let mesh: VirtualMesh
let metrics: Metrics[]
afterEach(async () => {
  for (const one of metrics) one.stop()
  await mesh.stop()
})

async function started(seed: number, faults: Partial<LinkFaults>, offsetsMs: readonly number[]): Promise<void> {
  mesh = await new VirtualMesh({ seed, nodes: NODES, faults }).start()
  offsetsMs.forEach((offsetMs, i) => {
    mesh.clock(i).offsetMs = offsetMs
  })
  metrics = mesh.nodes.map((node) => new Metrics(node, new AutoTuner()))
  mesh.run(120_000)
}

/** Seconds and how many, as the outside observer measured them on the one true clock. */
interface Observed {
  sum: number
  count: number
}

/** Notes on each node, by simulated time itself, when its components are told of what others wrote. */
function observe(node: ConfigSyncManager, writtenMs: ReadonlyMap<string, number>): Observed {
  const observed = { sum: 0, count: 0 }
  node.on('change', ({ source, changes }) => {
    if (source === 'local') return
    for (const { update } of changes) {
      const written = writtenMs.get(`${update.origin}:${update.sequence}`)
      if (written === undefined) continue
      observed.sum += (mesh.scheduler.nowMs() - written) / 1000
      observed.count++
    }
  })
  return observed
}

/** Writes of all nodes in turn; the first one's are known to the observer as soon as they are made. */
async function write(writtenMs: Map<string, number>): Promise<void> {
  for (let i = 0; i < WRITES; i++) {
    const node = mesh.nodes[i % NODES]!
    const atMs = mesh.scheduler.nowMs()
    const { origin, sequence } = await node.publishUpdate('pool', `size_${i % 7}`, i)
    writtenMs.set(`${origin}:${sequence}`, atMs)
    mesh.run(150 + mesh.random() * 100)
  }
  mesh.until('all are equal', 60_000, () => mesh.equal)
}

async function sampleOf(one: Metrics, name: string): Promise<number> {
  const line = (await one.text()).split('\n').find((text) => text.startsWith(`configsync_${name} `))
  return Number(line!.split(' ').at(-1))
}

describe('configsync_propagation_seconds', () => {
  it.each([
    ['no loss', 11, { delayMs: [5, 25] }],
    ['20 % loss, so that repairs bring a share over several hops', 12, { lossRate: 0.2, delayMs: [5, 25] }],
    ['ways shorter than the milliseconds in which clocks are read', 14, { delayMs: [0.3, 0.8] }],
  ] as const)(
    'agrees with an outside observer with one clock wrong by 10 s, the other way on another: %s',
    async (_, seed, faults) => {
      await started(seed, faults, [0, 10_000, 0, -10_000, 0])
      const writtenMs = new Map<string, number>()
      const observed = mesh.nodes.map((node) => observe(node, writtenMs))
      const before = await Promise.all(metrics.map((one) => sampleOf(one, 'propagation_seconds_count')))
      await write(writtenMs)
      for (const [i, one] of metrics.entries()) {
        const count = (await sampleOf(one, 'propagation_seconds_count')) - before[i]!
        const unmeasured = await sampleOf(one, 'propagation_unmeasured_total')
        const told = `seed ${seed}, node ${i + 1}: ${unmeasured} unmeasured of ${observed[i]!.count}`
        expect(observed[i]!.count, told).toBeGreaterThan(WRITES / 2)
        expect(count + unmeasured, told).toBe(observed[i]!.count)
        expect(unmeasured, told).toBeLessThan(observed[i]!.count / 10)
        const measuredMean = (await sampleOf(one, 'propagation_seconds_sum')) / count
        const ratio = measuredMean / (observed[i]!.sum / observed[i]!.count)
        expect(Math.abs(ratio - 1), `${told}; measured / observed = ${ratio}`).toBeLessThan(TOLERANCE)
      }
    },
  )

  it('is not taken where the clock of the writer is not known', async () => {
    await started(13, { delayMs: [5, 25] }, [])
    const before = await sampleOf(metrics[0]!, 'propagation_unmeasured_total')
    const stranger = await mesh.startNode(NODES)
    mesh.run(100)
    await stranger.publishUpdate('pool', 'size', 1)
    mesh.until('it arrives', 1_000, () => mesh.has('pool', 'size', 1))
    expect(await sampleOf(metrics[0]!, 'propagation_unmeasured_total')).toBe(before + 1)
  })
})
