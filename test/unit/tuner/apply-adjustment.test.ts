import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { defineParameters, parameter } from '#node/parameters'
import type { Adjustment } from '#tuner/adjustment'
import { AutoTuner } from '#tuner/auto-tuner'
import type { TuningStrategy } from '#tuner/strategy'
import { coded } from '../../support/coded.ts'
import { POOL, TunedMesh } from './tuned-mesh.ts'
import { scripted } from './tuning-fixture.ts'

let tuned: TunedMesh | undefined
afterEach(async () => {
  await tuned?.mesh.stop()
  tuned = undefined
})

const to = (newValue: unknown, more: Partial<Adjustment> = {}): Adjustment => ({
  section: 'pool',
  parameter: 'concurrency',
  oldValue: 40,
  newValue: newValue as number,
  reason: 'by hand',
  measured: undefined,
  epoch: 0,
  ...more,
})

const REFUSED = [
  [to(0), /^pool\.concurrency: 0 is not on the grid of 1 \+ k × 1 up to 100$/],
  [to(101), /^pool\.concurrency: 101 is not on the grid of 1 \+ k × 1 up to 100$/],
  [to(12.5), /12\.5 is not on the grid/],
  [to(Number.NaN), /null is not on the grid/],
  [to('12'), /"12" is not on the grid/],
  [to(undefined), /undefined is not on the grid/],
  [to(5, { parameter: 'batch_size' }), /^pool\.batch_size: is not declared with tune bounds$/],
  [to(5, { section: 'nowhere' }), /^nowhere\.concurrency: is not declared with tune bounds$/],
] as const

describe('an adjustment by hand', () => {
  it.each(REFUSED)('%j is refused by the coordinator, and changes nothing', async (adjustment, detail) => {
    tuned = await TunedMesh.of(2, 1)
    await expect(tuned.tuners[0]!.applyAdjustment(adjustment)).rejects.toThrow(coded('ADJUSTMENT_INVALID', detail))
    tuned.mesh.run(1_000)
    expect(tuned.values).toEqual([40, 40])
    expect(tuned.tuners[0]!.history()).toEqual([])
  })

  it('comes into force on all nodes, and is the coordinator’s to make', async () => {
    tuned = await TunedMesh.of(2, 1)
    await expect(tuned.tuners[1]!.applyAdjustment(to(12))).rejects.toThrow(coded('NOT_COORDINATOR', /node-001/))
    await tuned.tuners[0]!.applyAdjustment(to(12))
    tuned.mesh.run(1_000)
    expect(tuned.values).toEqual([12, 12])
    for (const tuner of tuned.tuners)
      expect(tuner.history()[0]).toMatchObject({ objective: 'pool', newValue: 12, reason: 'by hand', kind: 'adjust' })
    expect(tuned.statusOf(0).state.trial).toBeUndefined()
  })

  it('replaces what a person set', async () => {
    tuned = await TunedMesh.of(2, 1)
    await tuned.mesh.nodes[0]!.publishUpdate('pool', 'concurrency', 60, { priority: 5 })
    await tuned.tuners[0]!.applyAdjustment(to(12))
    tuned.mesh.run(1_000)
    expect(tuned.values).toEqual([12, 12])
    expect(tuned.statusOf(0).parameters[0]!.held).toBeUndefined()
  })

  it('within a window has it skipped: it is of two values', async () => {
    tuned = await TunedMesh.of(2, 1)
    const notes: string[] = []
    tuned.tuners[0]!.on('window', () => notes.push(tuned!.statusOf(0).note))
    for (let second = 0; second < 4; second++) await tuned.second()
    await tuned.tuners[0]!.applyAdjustment(to(35))
    await tuned.windows(2)
    expect(notes[0]).toBe('window skipped: pool.concurrency was adjusted from elsewhere')
    expect(notes[1]).toMatch(/^p95 missed/)
  })
})

const half = defineParameters({
  pool: {
    concurrency: parameter(z.number(), { default: 0.5, tune: { min: 0.1, max: 1, step: 0.1 } }),
    batch_size: parameter(z.number(), { default: 8 }),
  },
})

describe('without a mesh', () => {
  const single = (strategy?: TuningStrategy) => {
    const config: Record<string, Record<string, number>> = { pool: { concurrency: 0.5, batch_size: 8 } }
    const scheduler = new VirtualScheduler()
    const objective = { ...POOL, ...(strategy && { strategy: strategy.name }) }
    const tuner = new AutoTuner({
      config,
      parameters: half,
      objectives: [objective],
      strategies: strategy ? [strategy] : [],
      scheduler,
      wallClock: () => 0,
    })
    return { config, tuner, scheduler }
  }

  it.each([
    [to(0), /0 is not on the grid of 0\.1 \+ k × 0\.1 up to 1$/],
    [to(1.1), /not on the grid/],
    [to(0.55), /not on the grid/],
    [to(Number.NaN), /not on the grid/],
    [to('0.5'), /not on the grid/],
    [to(9, { parameter: 'batch_size' }), /not declared with tune bounds/],
  ])('%j is refused, and the program keeps its value', async (adjustment, detail) => {
    const { config, tuner } = single()
    await expect(tuner.applyAdjustment(adjustment)).rejects.toThrow(coded('ADJUSTMENT_INVALID', detail))
    expect(config['pool']).toEqual({ concurrency: 0.5, batch_size: 8 })
    expect(tuner.history()).toEqual([])
  })

  it('a sum of decimal fractions is taken for the value of the grid that it means', async () => {
    const { config, tuner } = single()
    await tuner.applyAdjustment(to(0.1 + 0.2))
    expect(config['pool']!['concurrency']).toBe(0.3)
    expect(tuner.history()[0]).toMatchObject({ newValue: 0.3, objective: 'pool' })
  })

  it('a strategy that wants what is no number moves nothing', async () => {
    const lost: TuningStrategy = {
      ...scripted([{ type: 'move', name: 'pool.concurrency', value: Number.NaN, reason: 'to see' }]),
      name: 'lost',
    }
    const { config, tuner, scheduler } = single(lost)
    tuner.start()
    for (let i = 0; i < 60; i++) tuner.observe('request_ms', 1)
    scheduler.advanceBy(1_000)
    expect((await tuner.adjustNow())['pool']).toMatch(
      /^strategy lost of objective pool: .*pool\.concurrency cannot be NaN/,
    )
    expect(config['pool']!['concurrency']).toBe(0.5)
    tuner.stop()
  })
})
