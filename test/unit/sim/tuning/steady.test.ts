import { expect, it } from 'vitest'
import { tunerOf } from '#sim/tuning/controller'
import { tune } from '#sim/tuning/tune'
import type { Workload } from '#sim/tuning/workload'
import { batching, downstream, lossyNetwork, workerPool } from '#sim/tuning/workloads'

const SETTLING = 60
const WINDOWS = 500
const MOVES_MAX = 3

/** What has a direction that a rule can know; it begins near its goal, because rules wait six windows before each step up. */
const byRules: Workload = {
  ...downstream,
  name: 'downstream, by rules',
  objective: { ...downstream.objective, strategy: 'rules' },
  starts: { low: { 'client.max_in_flight': 26 }, high: { 'client.max_in_flight': 40 } },
}

it.each([
  [1, workerPool],
  [2, downstream],
  [3, batching],
  [4, lossyNetwork],
  [5, byRules],
] as const)('a steady load under noise: at most 3 adjustments in 500 windows (seed %i)', (seed, workload) => {
  for (const start of Object.values(workload.starts)) {
    const windows = SETTLING + WINDOWS
    const run = tune({ workload, start, controller: tunerOf(workload), windows, seed, change: () => 0 })
    const moves = run.slice(SETTLING).flatMap(({ move, note }) => (move === undefined ? [] : [note]))
    expect(moves.length, `${workload.name}, seed ${seed}: ${moves.join('; ')}`).toBeLessThanOrEqual(MOVES_MAX)
  }
})
