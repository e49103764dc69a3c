/**
 * Side by side on one machine: bare broadcasts and ConfigSync, 16 processes each, in alternating rounds of one run.
 *
 *     npm run bench -- [--rounds 3] [--nodes 16] [--writes 500] [--systems tcp,tls,tls-corked,configsync] [--json]
 *         [--systems tls,mesh,adapter,configsync]    what each layer adds
 *         [--otherLoadMax 0.3]    waits for a quiet machine, and repeats what more than this many cores disturbed
 *         [--profile DIR]    leaves a CPU profile of the first two nodes' part in every job there
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { issueCredentials } from './certificates.ts'
import { Cluster } from './cluster.ts'
import { describeMachine, quietMachine } from './machine.ts'
import { measureBurst, measureLatency } from './measure.ts'
import { PROFILE_FOLDER } from './profile.ts'
import {
  aimsOf,
  type BenchResult,
  type Figures,
  otherLoadOf,
  printReport,
  type Round,
  summarizeStages,
} from './report.ts'
import type { Credentials } from './system.ts'
import { COMPARED, isSystemName, SYSTEMS, type SystemName } from './systems.ts'

const INTERVAL_MS = 20
const SETTLING_WRITES = 100
const BURST = { parameters: 1_000, rounds: 10 }
/** How a burst is fed: every call from an event of its own, or a loop that makes many. */
const CALLS_PER_TURN = { single: 1, bunched: 64 }
const WRITERS = 4
/** how often a disturbed round is repeated */
const ATTEMPTS_MAX = 6
/** apart enough that no two jobs have a value in common */
const JOB_BASE = 1_000_000
/** By then the engine has compiled what the jobs run, in the floors and in ConfigSync: more bursts change nothing. */
const WARMING_BURSTS = 7

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    nodes: { type: 'string', default: '16' },
    writes: { type: 'string', default: '500' },
    systems: { type: 'string', default: COMPARED.join(',') },
    json: { type: 'boolean', default: false },
    otherLoadMax: { type: 'string' },
    profile: { type: 'string' },
  },
})

/** What is measured of one cluster, in this order. Every burst has values of its own. */
async function measureRound(round: number, system: SystemName, credentials: readonly Credentials[]): Promise<Round> {
  const nodes = credentials.length
  const writers = Array.from({ length: WRITERS }, (_, place) => Math.floor((place * nodes) / WRITERS))
  let jobs = 0
  const cluster = await Cluster.start(system, credentials)
  const latency = (writes: number) =>
    measureLatency(cluster, { nodes, writes, intervalMs: INTERVAL_MS, base: ++jobs * JOB_BASE })
  const burst = (callsPerTurn: number) =>
    measureBurst(cluster, { ...BURST, writers, callsPerTurn, base: ++jobs * JOB_BASE })
  const stage = async (): Promise<Figures> => ({
    latency: await latency(writes),
    single: await burst(CALLS_PER_TURN.single),
    bunched: await burst(CALLS_PER_TURN.bunched),
  })
  const writes = Number(options.writes)
  try {
    await latency(SETTLING_WRITES)
    const started = await stage()
    for (let i = 0; i < WARMING_BURSTS; i++) await burst(CALLS_PER_TURN.bunched)
    return { round, system, started, warm: await stage() }
  } finally {
    await cluster.stop()
  }
}

/** Repeats a round that something else on the machine disturbed; keeps the least disturbed one. */
async function measureQuietly(round: number, system: SystemName, credentials: readonly Credentials[]): Promise<Round> {
  if (options.otherLoadMax === undefined) return measureRound(round, system, credentials)
  const loadMax = Number(options.otherLoadMax)
  const attempts: Round[] = []
  while (attempts.length < ATTEMPTS_MAX) {
    await quietMachine(loadMax)
    const attempt = await measureRound(round, system, credentials)
    attempts.push(attempt)
    if (otherLoadOf(attempt) <= loadMax) return attempt
    process.stderr.write(`  disturbed by ${otherLoadOf(attempt).toFixed(2)} cores\n`)
  }
  return attempts.reduce((best, attempt) => (otherLoadOf(attempt) < otherLoadOf(best) ? attempt : best))
}

/** Every round begins with another system, so that none always runs after the same one. */
const rotated = (systems: readonly SystemName[], by: number): SystemName[] =>
  systems.map((_, place) => systems[(place + by) % systems.length]!)

async function measureAll(systems: readonly SystemName[]): Promise<BenchResult> {
  const credentials = await issueCredentials(Number(options.nodes))
  const rounds: Round[] = []
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const system of rotated(systems, round - 1)) {
      process.stderr.write(`round ${round}: ${SYSTEMS[system].title}\n`)
      rounds.push(await measureQuietly(round, system, credentials))
    }
  }
  const stages = summarizeStages(systems, rounds)
  const result = { machine: describeMachine(), at: new Date().toISOString(), nodes: credentials.length, rounds }
  return { ...result, stages, aims: aimsOf(stages) }
}

const names = options.systems.split(',')
if (!names.every(isSystemName)) {
  process.stderr.write(`--systems takes a list of ${Object.keys(SYSTEMS).join(', ')}\n`)
  process.exit(2)
}
if (options.profile) process.env[PROFILE_FOLDER] = resolve(options.profile)
const result = await measureAll(names)
process.stdout.write(options.json ? `${JSON.stringify(result, null, 1)}\n` : `${printReport(result)}\n`)
