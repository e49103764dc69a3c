/**
 * Side by side on one machine: bare broadcasts and ConfigSync, 16 processes each, in alternating rounds of one run.
 *
 *     npm run bench -- [--rounds 3] [--nodes 16] [--writes 500] [--systems tcp,tls,tls-corked,configsync] [--json]
 *         [--profile DIR]    leaves a CPU profile of the first two nodes' part in every job there
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { issueCredentials } from './certificates.ts'
import { Cluster } from './cluster.ts'
import { describeMachine } from './machine.ts'
import { measureBurst, measureLatency } from './measure.ts'
import { PROFILE_FOLDER } from './profile.ts'
import { aimsOf, type BenchResult, printReport, type Round, summarize } from './report.ts'
import type { Credentials } from './system.ts'
import { isSystemName, SYSTEMS, type SystemName } from './systems.ts'

const INTERVAL_MS = 20
const WARM_UP_WRITES = 100
const PARAMETERS = 1_000
const BURST_ROUNDS = 10
const WRITERS = 4

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    nodes: { type: 'string', default: '16' },
    writes: { type: 'string', default: '500' },
    systems: { type: 'string', default: Object.keys(SYSTEMS).join(',') },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})

async function measureRound(round: number, system: SystemName, credentials: readonly Credentials[]): Promise<Round> {
  const nodes = credentials.length
  const cluster = await Cluster.start(system, credentials)
  try {
    await measureLatency(cluster, { nodes, writes: WARM_UP_WRITES, intervalMs: INTERVAL_MS, base: 1_000_000 })
    const latency = await measureLatency(cluster, {
      nodes,
      writes: Number(options.writes),
      intervalMs: INTERVAL_MS,
      base: 0,
    })
    const writers = Array.from({ length: WRITERS }, (_, place) => Math.floor((place * nodes) / WRITERS))
    const burst = await measureBurst(cluster, {
      parameters: PARAMETERS,
      rounds: BURST_ROUNDS,
      writers,
      base: 2_000_000,
    })
    return { round, system, latency, burst }
  } finally {
    await cluster.stop()
  }
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
      rounds.push(await measureRound(round, system, credentials))
    }
  }
  const summaries = systems.map((system) =>
    summarize(
      system,
      rounds.filter((round) => round.system === system),
    ),
  )
  const result = { machine: describeMachine(), at: new Date().toISOString(), nodes: credentials.length, rounds }
  return { ...result, summaries, aims: aimsOf(summaries) }
}

const names = options.systems.split(',')
if (!names.every(isSystemName)) {
  process.stderr.write(`--systems takes a list of ${Object.keys(SYSTEMS).join(', ')}\n`)
  process.exit(2)
}
if (options.profile) process.env[PROFILE_FOLDER] = resolve(options.profile)
const result = await measureAll(names)
process.stdout.write(options.json ? `${JSON.stringify(result, null, 1)}\n` : `${printReport(result)}\n`)
