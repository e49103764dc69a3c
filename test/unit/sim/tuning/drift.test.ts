import { expect, it } from 'vitest'
import { shareInDrift } from '#sim/tuning/comparison'
import { doingNothing, tunerOf } from '#sim/tuning/controller'
import { DRIFT_WINDOWS, drifting } from '#sim/tuning/course'
import { bestStatic } from '#sim/tuning/sweep'
import { WORKLOADS } from '#sim/tuning/workloads'

const SEED = 1
/** Coarser than the sweep of `npm run bench:tuner`. */
const FACTOR = 1.15

it('a drift goes to the other load and back, and never stands still', () => {
  const changes = Array.from({ length: DRIFT_WINDOWS + 1 }, (_, window) => drifting.change(window))
  expect(changes[0]).toBe(0)
  expect(changes[DRIFT_WINDOWS / 2]).toBe(1)
  expect(changes[DRIFT_WINDOWS]).toBe(0)
  for (const [window, change] of changes.slice(1).entries()) expect(change).not.toBe(changes[window])
})

it.each(WORKLOADS.map((workload) => [workload.name, workload] as const))(
  '%s: while capacity drifts all the time, over 0.85 of the best that stays where it is, from a bad start',
  (_, workload) => {
    const best = bestStatic(workload, drifting, SEED, FACTOR)
    for (const [name, start] of Object.entries(workload.starts)) {
      const where = `${workload.name} from ${name}, seed ${SEED}`
      expect(shareInDrift(workload, start, tunerOf(workload), best.goodput, SEED), where).toBeGreaterThan(0.85)
    }
    // The best static setting, left alone, is what the share is of.
    expect(shareInDrift(workload, best.values, doingNothing(), best.goodput, SEED)).toBeCloseTo(1, 1)
  },
)
