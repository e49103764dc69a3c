/**
 * Runs random fault schedules, one for each seed, in two processes. Prints how many, how long it took and the slowest
 * convergence; a failure is printed with the command that replays it and its smallest schedule.
 *
 *     npm run sim:schedules -- [--seeds 1..10000] [--nodes N] [--faults loss,kill] [--workers 2]
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ConfigSyncError } from '../src/core/errors.ts'
import { failureText } from '../src/sim/failure-text.ts'
import { FAULT_KINDS, type FaultKind } from '../src/sim/fault-episodes.ts'
import { randomSchedule, type ScheduleOptions } from '../src/sim/random-schedule.ts'
import { runSchedule } from '../src/sim/run-schedule.ts'
import { parseSeeds } from '../src/sim/seed-range.ts'
import { shrinkSchedule } from '../src/sim/shrink-schedule.ts'

/** What one worker did of its share. */
interface Tally {
  runs: number
  failures: number
  writes: number
  acknowledged: number
  simulatedMs: number
  equalAfterMsMax: number
}

const WORKERS_MAX = 2
const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..10000' },
    nodes: { type: 'string' },
    faults: { type: 'string' },
    workers: { type: 'string', default: String(WORKERS_MAX) },
    /** for the processes that this one starts: which of the workers it is */
    worker: { type: 'string' },
  },
})
const seeds = parseSeeds(flags.seeds)
const workers = Math.min(WORKERS_MAX, Number(flags.workers))
const faults = flags.faults?.split(',').map(faultKind)
const optionsOf = (seed: number): ScheduleOptions => ({
  seed,
  ...(flags.nodes !== undefined && { nodes: Number(flags.nodes) }),
  ...(faults && { faults }),
})

function faultKind(name: string): FaultKind {
  const kind = FAULT_KINDS.find((known) => known === name)
  if (kind) return kind
  throw new ConfigSyncError('USAGE_INVALID', `${name} is none of ${FAULT_KINDS.join(', ')}`)
}

/** Every so-manieth seed of the range. */
async function share(worker: number): Promise<Tally> {
  const tally: Tally = { runs: 0, failures: 0, writes: 0, acknowledged: 0, simulatedMs: 0, equalAfterMsMax: 0 }
  for (let seed = seeds.from + worker; seed <= seeds.to; seed += workers) {
    const outcome = await runSchedule(randomSchedule(optionsOf(seed)))
    tally.runs++
    tally.writes += outcome.writes
    tally.acknowledged += outcome.acknowledged
    tally.simulatedMs += outcome.simulatedMs
    tally.equalAfterMsMax = Math.max(tally.equalAfterMsMax, outcome.equalAfterMs ?? 0)
    if (outcome.failure === undefined) continue
    tally.failures++
    const shrunk = await shrinkSchedule(outcome, runSchedule)
    console.log(failureText(optionsOf(seed), outcome.failure))
    console.log(`smallest of ${shrunk.runs}: ${shrunk.outcome.failure!.what}`)
    console.log(JSON.stringify(shrunk.outcome.schedule))
  }
  return tally
}

const started = (worker: number): Promise<Tally> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--worker', String(worker)])
    child.on('message', (tally) => resolve(tally as Tally))
    child.on('exit', (code) => reject(new Error(`worker ${worker} ended with exit code ${code}`)))
  })

async function campaign(): Promise<void> {
  const startedMs = performance.now()
  const tallies = await Promise.all(Array.from({ length: workers }, (_, worker) => started(worker)))
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0)
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0)
  const failures = sum(({ failures: count }) => count)
  const equalMs = Math.max(...tallies.map(({ equalAfterMsMax }) => equalAfterMsMax))
  console.log(
    `seeds ${flags.seeds}: ${sum(({ runs }) => runs)} schedules in ${seconds} s, ${failures} failed; ` +
      `${sum(({ acknowledged }) => acknowledged)} of ${sum(({ writes }) => writes)} writes acknowledged; ` +
      `${(sum(({ simulatedMs }) => simulatedMs) / 3_600_000).toFixed(1)} hours simulated; ` +
      `slowest equal after ${(equalMs / 1_000).toFixed(2)} s`,
  )
  process.exitCode = failures > 0 ? 1 : 0
}

if (flags.worker === undefined) await campaign()
else process.send!(await share(Number(flags.worker)))
