import { afterEach, describe, expect, it } from 'vitest'
import type { TuningStrategy } from '#tuner/strategy'
import { POOL, TunedMesh, WINDOW_MS } from './tuned-mesh.ts'
import { move, scripted } from './tuning-fixture.ts'

let tuned: TunedMesh
afterEach(() => tuned.mesh.stop())

describe('AutoTuner', () => {
  it('is active on the coordinator and observes elsewhere', async () => {
    tuned = await TunedMesh.of(3, 1)
    await tuned.second()
    expect(tuned.tuners.map(({ mode }) => mode)).toEqual(['active', 'observing', 'observing'])
  })

  it('moves a parameter until the goal is met, on all nodes alike', async () => {
    tuned = await TunedMesh.of(3, 1)
    await tuned.windows(40)
    expect(new Set(tuned.values).size).toBe(1)
    expect(tuned.values[0]).toBeLessThanOrEqual(22)
    expect(tuned.values[0]).toBeGreaterThanOrEqual(12)
    const [last] = tuned.tuners[2]!.history()
    expect(last).toMatchObject({ section: 'pool', nodeId: 'node-001', kind: 'adjust', objective: 'pool' })
    tuned.mesh.assertSound()
  })

  it('takes an injected bad step back within 3 windows, on all nodes', async () => {
    const lying: TuningStrategy = { ...scripted([move(16)]), name: 'lying' }
    const objective = { ...POOL, strategy: 'lying' }
    tuned = await TunedMesh.of(3, 2, { objectives: [objective], strategies: [lying] })
    // 14 would meet the goal; 16 is what the strategy says is better, and is not.
    await tuned.mesh.nodes[1]!.publishUpdate('pool', 'concurrency', 14, { priority: -100 })
    tuned.msPerConcurrent = 14
    await tuned.until('the step', 4 * WINDOW_MS, () => tuned.values.every((value) => value === 16))
    tuned.msPerConcurrent = 20
    await tuned.until('it is back', 3 * WINDOW_MS, () => tuned.values.every((value) => value === 14))
    expect(tuned.tuners[1]!.history()[0]).toMatchObject({ kind: 'revert', newValue: 14 })
  })
})

describe('windows', () => {
  const lengths = async (heartbeatMs: number, seconds: number): Promise<number[]> => {
    await tuned.mesh.nodes[0]!.publishUpdate('mesh', 'heartbeat_interval_ms', heartbeatMs)
    const ends: number[] = []
    tuned.tuners[0]!.on('window', () => ends.push(tuned.mesh.scheduler.nowMs()))
    for (let i = 0; i < seconds; i++) await tuned.second()
    return ends.slice(1).map((end, i) => end - ends[i]!)
  }

  it('are 10 s long, or 5 heartbeats where those are longer', async () => {
    tuned = await TunedMesh.of(2, 3)
    expect(new Set(await lengths(1_000, 45))).toEqual(new Set([10_000]))
    await tuned.mesh.stop()
    tuned = await TunedMesh.of(2, 3)
    expect(new Set(await lengths(4_000, 90))).toEqual(new Set([20_000]))
  })

  it('without anything measured are skipped: the tuner says so and does nothing', async () => {
    tuned = await TunedMesh.of(2, 4)
    tuned.requestsPerSecond = 0
    await tuned.windows(8)
    expect(tuned.statusOf(0).note).toMatch(/^too few samples/)
    expect(tuned.values).toEqual([40, 40])
  })

  it('with fewer than 50 samples are judged together with the next, up to 6: then they are too old', async () => {
    tuned = await TunedMesh.of(3, 5)
    const notes: string[] = []
    tuned.tuners[0]!.on('window', () => notes.push(tuned.statusOf(0).note))
    // 30 samples in a window: every second one can be judged.
    tuned.requestsPerSecond = 1
    await tuned.windows(6)
    expect(notes.filter((note) => /^too few samples \(under 50\): request_ms (2\d|3\d)$/.test(note)).length).toBe(3)
    expect(notes.filter((note) => note.startsWith('p95 missed')).length).toBeGreaterThanOrEqual(2)
    tuned.requestsPerSecond = 0
    await tuned.windows(2)
    notes.length = 0
    const before = tuned.values
    for (let window = 0; window < 18; window++) {
      for (let i = 0; i < 8; i++) tuned.tuners[1]!.observe('request_ms', 1_000)
      await tuned.windows(1)
    }
    expect(notes.every((note) => note.startsWith('too few samples'))).toBe(true)
    expect(tuned.values).toEqual(before)
  })

  it('in which membership changed are skipped, and say why', async () => {
    tuned = await TunedMesh.of(4, 6)
    const notes: string[] = []
    tuned.tuners[0]!.on('window', () => notes.push(tuned.statusOf(0).note))
    await tuned.windows(1)
    await tuned.mesh.crash(tuned.mesh.nodes[3]!)
    await tuned.windows(3)
    expect(notes.filter((note) => /^window skipped: membership changed: node-004/.test(note))).toHaveLength(1)
  })

  it('in which somebody else changed a parameter are skipped: they are of two values', async () => {
    tuned = await TunedMesh.of(2, 8)
    const notes: string[] = []
    tuned.tuners[0]!.on('window', () => notes.push(tuned.statusOf(0).note))
    await tuned.windows(1)
    await tuned.mesh.nodes[1]!.publishUpdate('pool', 'concurrency', 30, { priority: -100 })
    await tuned.windows(2)
    expect(notes.filter((note) => note === 'window skipped: somebody changed pool.concurrency')).toHaveLength(1)
  })

  it('merge what all nodes measured: a percentile is that of all requests, not a mean of percentiles', async () => {
    const objective = { ...POOL, goals: [{ metric: 'own_ms', p95AtMost: 1_000 }] }
    tuned = await TunedMesh.of(3, 7, { objectives: [objective] })
    const seen: (number | undefined)[] = []
    tuned.tuners[0]!.on('window', () => seen.push(tuned.statusOf(0).goals[0]!.measured?.p95))
    for (let second = 0; second < 35; second++) {
      // One node of three is slow and has a tenth of the requests: their p95 is its own. The mean of the nodes' would be 173.
      for (let i = 0; i < 45; i++) for (const fast of [0, 1]) tuned.tuners[fast]!.observe('own_ms', 10)
      for (let i = 0; i < 10; i++) tuned.tuners[2]!.observe('own_ms', 500)
      await tuned.second()
    }
    expect(seen.length).toBeGreaterThanOrEqual(3)
    for (const p95 of seen) expect(p95).toBeCloseTo(500, -2)
  })
})
