import { describe, expect, it } from 'vitest'
import { additiveIncrease, gradient2 } from '#sim/tuning/baselines'
import { compare } from '#sim/tuning/comparison'
import { type Controller, doingNothing, tunerOf } from '#sim/tuning/controller'
import { steadyAt } from '#sim/tuning/course'
import { type BestSetting, bestStatic } from '#sim/tuning/sweep'
import { tune } from '#sim/tuning/tune'
import type { Workload } from '#sim/tuning/workload'
import { WORKLOADS, workerPool } from '#sim/tuning/workloads'

/** Coarser than the sweep of `npm run bench:tuner`, which takes a minute. */
const FACTOR = 1.2

describe.each(WORKLOADS.map((workload, index) => [workload.name, workload, index + 1] as const))(
  '%s',
  (_, workload, seed) => {
    it('is brought from bad starts to 90 % of the best static setting within 30 windows, and after a step change within 20', () => {
      const [before, after] = [0, 1].map((load) => bestStatic(workload, steadyAt(load), seed, FACTOR)) as [
        BestSetting,
        BestSetting,
      ]
      for (const start of Object.values(workload.starts)) {
        const best = [before.goodput, after.goodput] as const
        const { fromStart, fromChange } = compare(workload, start, tunerOf(workload), best, seed)
        const where = `seed ${seed}, from ${JSON.stringify(start)}`
        expect(fromStart.share, where).toBeGreaterThanOrEqual(0.9)
        expect(fromStart.within ?? Number.NaN, where).toBeLessThanOrEqual(30)
        expect(fromChange.share, where).toBeGreaterThanOrEqual(0.9)
        expect(fromChange.within ?? Number.NaN, where).toBeLessThanOrEqual(20)
      }
    })
  },
)

describe('what it is compared with', () => {
  const valuesOf = (controller: (workload: Workload) => Controller, start: number, windows: number) =>
    tune({
      workload: workerPool,
      start: { 'pool.concurrency': start },
      controller: controller(workerPool),
      windows,
      seed: 1,
      change: () => 0,
    }).map(({ values }) => values['pool.concurrency'])

  it('additive increase adds one while the goals are met, and takes a tenth away when one is not', () => {
    expect(valuesOf(additiveIncrease, 3, 4)).toEqual([3, 4, 5, 6])
    expect(valuesOf(additiveIncrease, 150, 3)).toEqual([150, 135, 121])
  })

  it('Gradient2 adds its queue, smoothed, while the latency is what it was', () => {
    expect(valuesOf(gradient2, 20, 4)).toEqual([20, 20, 21, 22])
  })

  it('the same seed gives the same run', () => {
    const run = () => JSON.stringify(valuesOf((workload) => tunerOf(workload), 3, 20))
    expect(run()).toBe(run())
    expect(new Set(valuesOf(doingNothing, 3, 20))).toEqual(new Set([3]))
  })
})
