import { afterEach, describe, expect, it } from 'vitest'
import { normal } from '#sim/tuning/workload'
import type { TuningStrategy } from '#tuner/strategy'
import type { WindowView } from '#tuner/window'
import { H, POOL, TunedMesh } from './tuned-mesh.ts'
import { scripted } from './tuning-fixture.ts'

let tuned: TunedMesh
afterEach(() => tuned.mesh.stop())

const METRICS = Array.from({ length: 10 }, (_, i) => `metric_${i}_ms`)

/** Bytes of the frames with measurements that each node sent, by its index. */
function reportedBytes(): number[] {
  const bytes = tuned.mesh.nodes.map(() => 0)
  for (const [index, node] of tuned.mesh.nodes.entries())
    tuned.mesh.mesh(node).tap = (message, _to, share) => {
      if (message.type === 'measurements') bytes[index]! += share
    }
  return bytes
}

function observeAll(perMetric: number): void {
  // Latencies over two powers of ten: a wide distribution has many buckets.
  for (const tuner of tuned.tuners)
    for (const metric of METRICS)
      for (let i = 0; i < perMetric; i++) tuner.observe(metric, 20 * Math.exp(normal(tuned.mesh.random)))
}

describe('what measuring costs on the wire', () => {
  it('is under 200 bytes for each node and heartbeat, with 10 metrics of wide distributions', async () => {
    const windows: WindowView[] = []
    const watching: TuningStrategy = {
      ...scripted([]),
      name: 'watching',
      propose: (context) => {
        windows.push(context.window)
        return { proposal: { type: 'stay', reason: 'it watches' }, memory: null }
      },
    }
    const goals = [{ metric: METRICS[0]!, p95AtMost: 1e6 }]
    const breakdown = Object.fromEntries(METRICS.map((metric) => [metric, metric]))
    const objective = { ...POOL, goals, breakdown, strategy: 'watching' }
    tuned = await TunedMesh.of(5, 1, { objectives: [objective], strategies: [watching] })
    const bytes = reportedBytes()
    const BEATS = 120
    for (let beat = 0; beat < BEATS; beat++) {
      observeAll(30)
      await tuned.second()
    }
    expect(bytes[0]).toBe(0)
    for (const sent of bytes.slice(1)) {
      expect(sent / BEATS).toBeLessThan(200)
      expect(sent).toBeGreaterThan(0)
    }
    // And it is enough for the coordinator to know how much there is of each: 5 nodes, 30 a second. Observers see their own.
    const rates = METRICS.map((metric) => windows.map((window) => window.metric(metric)!.perSecond))
    const known = windows.findLastIndex((_, index) => rates[0]![index]! > 100)
    for (const perSecond of rates) {
      expect(perSecond[known]).toBeGreaterThan(142)
      expect(perSecond[known]).toBeLessThan(158)
    }
  })

  it('what the objectives name has a place on the coordinator, however many other metrics the nodes have', async () => {
    tuned = await TunedMesh.of(2, 3)
    tuned.requestsPerSecond = 0
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 50; i++) tuned.tuners[0]!.observe(`first_${i}`, true)
      for (let i = 0; i < 50; i++) tuned.tuners[1]!.observe(`second_${i}`, true)
      for (let i = 0; i < 10; i++) tuned.tuners[1]!.observe('request_ms', 100)
      await tuned.second()
    }
    expect(tuned.statusOf(0).goals[0]!.measured?.p95).toBeCloseTo(100, -1)
  })

  it('in a mesh of many nodes each reports more rarely, not all at once, and a window waits for all', async () => {
    tuned = await TunedMesh.of(140, 2)
    const reporters: number[] = []
    for (const node of tuned.mesh.nodes)
      tuned.mesh.mesh(node).tap = (message) => {
        if (message.type === 'measurements') reporters.push(Math.round(tuned.mesh.scheduler.nowMs() / H))
      }
    const BEATS = 12
    for (let beat = 0; beat < BEATS; beat++) await tuned.second()
    const perBeat = [...Map.groupBy(reporters, (beat) => beat).values()].map(({ length }) => length)
    for (const count of perBeat) expect(count).toBeLessThanOrEqual(80)
    expect(reporters.length).toBeGreaterThanOrEqual(139 * (BEATS / 3 - 1))
  })
})
