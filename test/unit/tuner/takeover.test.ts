import { afterEach, describe, expect, it } from 'vitest'
import { H, type SeenValue, TunedMesh, WINDOW_MS } from './tuned-mesh.ts'

let tuned: TunedMesh
afterEach(() => tuned.mesh.stop())

const adjustments = (seen: readonly SeenValue[]) => seen.filter(({ epoch }) => epoch > 0)
const SEEDS = [1, 2, 3]

describe('a coordinator killed in the middle of a trial', () => {
  it.each(SEEDS)(
    'is followed within 3.5 H and a window, and no adjustment is published twice (seed %i)',
    async (seed) => {
      tuned = await TunedMesh.of(5, seed)
      await tuned.until('a trial is under way on all', 80_000, () =>
        [0, 1, 2, 3, 4].every((index) => tuned.mesh.nodes[index]!.get('pool', 'concurrency') !== 40),
      )
      const trial = tuned.statusOf(0).state.trial
      expect(trial).toBeDefined()
      await tuned.mesh.crash(tuned.mesh.nodes[0]!)
      const decided: number[] = []
      const killedAt = tuned.mesh.scheduler.nowMs()
      tuned.tuners[1]!.on('window', ({ mode }) => {
        if (mode === 'active' && !tuned.statusOf(1).note.startsWith('window skipped'))
          decided.push(tuned.mesh.scheduler.nowMs() - killedAt)
      })
      await tuned.until('the successor decides', 3.5 * H + WINDOW_MS + 1_000, () => decided.length > 0)
      expect(decided[0]).toBeLessThanOrEqual(3.5 * H + WINDOW_MS + H)
      // It judges the trial that it was left.
      expect(tuned.statusOf(1).state.trial ?? tuned.statusOf(1).state.kept).toMatchObject({ newValue: trial!.newValue })
      await tuned.windows(25)
      expect(new Set(tuned.values).size).toBe(1)
      expect(tuned.values[0]).toBeLessThanOrEqual(22)
      for (const seen of tuned.seen.slice(1)) {
        const values = adjustments(seen).map(({ value }) => value)
        expect(new Set(values).size, `seed ${seed}: ${values.join(' ')}`).toBe(values.length)
        expect(new Set(adjustments(seen).map(({ by }) => by))).toEqual(new Set(['node-001', 'node-002']))
      }
      tuned.mesh.assertSound()
    },
  )
})

describe('in a partition', () => {
  it.each(SEEDS)('both sides tune, and after it all nodes hold one value within 2 H (seed %i)', async (seed) => {
    tuned = await TunedMesh.of(5, seed)
    await tuned.second()
    tuned.mesh.network.partition(['node-001', 'node-002'], ['node-003', 'node-004', 'node-005'])
    await tuned.windows(12)
    const [left, right] = [adjustments(tuned.seen[0]!), adjustments(tuned.seen[2]!)]
    expect(new Set(left.map(({ by }) => by))).toEqual(new Set(['node-001']))
    expect(new Set(right.map(({ by }) => by))).toEqual(new Set(['node-003']))
    tuned.mesh.network.heal()
    const tookMs = tuned.mesh.until('one value', 2 * H, () => new Set(tuned.values).size === 1 && tuned.mesh.equal)
    expect(tookMs).toBeLessThanOrEqual(2 * H)
    await tuned.windows(15)
    expect(new Set(tuned.values).size).toBe(1)
    expect(tuned.tuners.map(({ mode }) => mode)).toEqual(['active', 'observing', 'observing', 'observing', 'observing'])
    tuned.mesh.assertSound()
  })

  it('the adjustment of a deposed coordinator loses on every node, however late it was made', async () => {
    tuned = await TunedMesh.of(3, 4)
    const [first, second, third] = tuned.mesh.nodes
    for (const tuner of tuned.tuners) tuner.stop()
    tuned.mesh.network.partition(['node-001'], ['node-002', 'node-003'])
    tuned.mesh.until('the others have another', 5 * H, () => second!.isCoordinator())
    const change = { section: 'pool', parameter: 'concurrency', priority: -100 }
    const [later] = await second!.tunerPort.publish([{ ...change, value: 22 }])
    tuned.mesh.run(2 * H)
    const [late] = await first!.tunerPort.publish([{ ...change, value: 11 }])
    expect(late!.epoch).toBeLessThan(later!.epoch)
    tuned.mesh.network.heal()
    tuned.mesh.until('equal', 2 * H, () => tuned.mesh.equal)
    expect([first, second, third].map((node) => node!.get('pool', 'concurrency'))).toEqual([22, 22, 22])
  })
})

describe("a person's write", () => {
  it('stands, is left alone, and is moved again when it was released', async () => {
    tuned = await TunedMesh.of(3, 5)
    await tuned.windows(1)
    await tuned.mesh.nodes[2]!.publishUpdate('pool', 'concurrency', 60, { reason: 'a demonstration' })
    await tuned.windows(15)
    expect(tuned.values).toEqual([60, 60, 60])
    expect(tuned.statusOf(0).parameters[0]!.held).toBe('set by a person on node-003 with priority 0 (a demonstration)')
    await expect(tuned.tuners[1]!.release('pool.nobody')).rejects.toMatchObject({ code: 'PARAMETER_UNKNOWN' })
    await tuned.tuners[1]!.release('pool.concurrency')
    await tuned.windows(6)
    expect(tuned.values[0]).toBeLessThan(60)
  })

  it.each(SEEDS)('stands also where the tuner moved at the same moment (seed %i)', async (seed) => {
    tuned = await TunedMesh.of(3, seed)
    for (const tuner of tuned.tuners) tuner.stop()
    // Neither has seen the other, and the tuner's is the later one.
    tuned.mesh.network.partition(['node-003'])
    await tuned.mesh.nodes[2]!.publishUpdate('pool', 'concurrency', 60)
    tuned.mesh.run(5)
    const adjustment = { section: 'pool', parameter: 'concurrency', value: 33, priority: -100 }
    await tuned.mesh.nodes[0]!.tunerPort.publish([adjustment])
    expect(tuned.values).toEqual([33, 40, 60])
    tuned.mesh.run(5)
    tuned.mesh.network.heal()
    tuned.mesh.until('equal', 2 * H, () => tuned.mesh.equal)
    expect(tuned.values).toEqual([60, 60, 60])
    for (const tuner of tuned.tuners) tuner.start()
    await tuned.windows(10)
    expect(tuned.values).toEqual([60, 60, 60])
  })
})

describe('what a successor begins with', () => {
  it('is the trial of its predecessor from its beginning: what that one measured of it went with it', async () => {
    tuned = await TunedMesh.of(3, 6)
    await tuned.until('a trial has one window', 80_000, () => tuned.statusOf(0).state.trial?.windows === 1)
    const { newValue } = tuned.statusOf(0).state.trial!
    await tuned.mesh.crash(tuned.mesh.nodes[0]!)
    const trials: unknown[] = []
    tuned.tuners[1]!.on('window', ({ mode }) => {
      if (mode === 'active') trials.push(tuned.statusOf(1).state.trial)
    })
    await tuned.until('two windows', 3.5 * H + 3 * WINDOW_MS, () => trials.length >= 2)
    expect(trials).toEqual([expect.objectContaining({ newValue, windows: 1 }), undefined])
    expect(tuned.statusOf(1).state.kept).toMatchObject({ newValue })
  })

  it('is not the samples that it took as an observer, which are of itself alone', async () => {
    tuned = await TunedMesh.of(3, 7)
    // Two of each node a second: too few for a window of one node, enough for one of all.
    tuned.requestsPerSecond = 2
    await tuned.windows(2)
    await tuned.mesh.crash(tuned.mesh.nodes[0]!)
    let samples: number | undefined
    tuned.tuners[1]!.on('window', ({ mode }) => {
      if (mode === 'active') samples ??= tuned.statusOf(1).goals[0]!.measured!.samples
    })
    await tuned.until('the first window', 3.5 * H + 2 * WINDOW_MS, () => samples !== undefined)
    // Of two nodes, for a window and the time without a coordinator.
    expect(samples).toBeLessThanOrEqual(2 * 2 * 16)
  })
})
