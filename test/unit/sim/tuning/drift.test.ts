import { expect, it } from 'vitest'
import { meanGoodput } from '#sim/tuning/comparison'
import { doingNothing, tunerOf } from '#sim/tuning/controller'
import { tune } from '#sim/tuning/tune'
import type { Values, Workload } from '#sim/tuning/workload'
import { downstream, lossyNetwork, workerPool } from '#sim/tuning/workloads'

const SEED = 1
const TO_GET_THERE = 30
const PERIOD = 120
/** Capacity goes from the one load of the workload to the other and back, never standing still. */
const drifting = (window: number): number => (1 - Math.cos((2 * Math.PI * window) / PERIOD)) / 2

/** The setting that does best when it stays for a whole period. */
function bestGoodput(workload: Workload): number {
  const { name, min, max, step } = workload.tunables[0]!
  const settings: number[] = []
  for (let value = min; value <= max; value = Math.max(value + step, Math.round((value * 1.1) / step) * step))
    settings.push(value)
  const goodputOf = (start: Values) =>
    meanGoodput(tune({ workload, start, controller: doingNothing(), windows: PERIOD, seed: SEED, change: drifting }))
  return Math.max(...settings.map((value) => goodputOf({ [name]: value })))
}

it.each([
  ['worker pool', workerPool],
  ['downstream', downstream],
  ['lossy network', lossyNetwork],
])(
  '%s: while capacity drifts all the time, over 0.85 of the best that stays where it is, from a bad start',
  (_, workload) => {
    const best = bestGoodput(workload)
    for (const [name, start] of Object.entries(workload.starts)) {
      const windows = TO_GET_THERE + 2 * PERIOD
      const run = tune({ workload, start, controller: tunerOf(workload), windows, seed: SEED, change: drifting })
      const reached = meanGoodput(run.slice(TO_GET_THERE)) / best
      expect(reached, `${workload.name} from ${name}, seed ${SEED}`).toBeGreaterThan(0.85)
    }
  },
)
