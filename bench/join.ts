/**
 * How long a fresh node takes to hold what three others hold, and how many bytes: ConfigSync beside a bare mutual-TLS mesh
 * that hands its map over as JSON, alternating, each node in a process of its own.
 *
 *     npm run bench:join -- [--rounds 5] [--parameters 100000] [--alphabet base36] [--systems tls-corked,configsync] [--json]
 *         [--otherLoadMax 0.3]    waits for a quiet machine before every join
 *         [--profile DIR]    leaves a CPU profile of the joiner there
 */
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { issueCredentials } from './certificates.ts'
import { Cluster } from './cluster.ts'
import { ALPHABETS, type Entries } from './entries.ts'
import type { JoinAnswer } from './late-joiner.ts'
import { describeMachine, machineCpuMs, machineLine, nowMs, quietMachine } from './machine.ts'
import { PROFILE_FOLDER } from './profile.ts'
import { markdownTable, whole } from './report.ts'
import { ascending, median } from './statistics.ts'
import type { Credentials } from './system.ts'
import { isSystemName, SYSTEMS, type SystemName } from './systems.ts'

const HOLDERS = 3
const FILL_MS_MAX = 60_000
const WAIT_MS_MAX = 60_000
/** What the writing caused beside it is over by then. */
const SETTLE_MS = 2_000
const FLOOR: SystemName = 'tls-corked'
const AIM_TIME = 2
const AIM_BYTES = 0.5

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    parameters: { type: 'string', default: '100000' },
    alphabet: { type: 'string', default: ALPHABETS[0] },
    systems: { type: 'string', default: `${FLOOR},configsync` },
    json: { type: 'boolean', default: false },
    otherLoadMax: { type: 'string' },
    profile: { type: 'string' },
  },
})

interface JoinFigures extends JoinAnswer {
  readonly system: SystemName
  readonly round: number
  /** of the three that were there */
  readonly serversCpuMs: number
  /** cores that everything else on the machine used meanwhile */
  readonly otherLoadCores: number
}

async function measure(
  round: number,
  system: SystemName,
  credentials: readonly Credentials[],
  entries: Entries,
): Promise<JoinFigures> {
  const cluster = await Cluster.start(system, credentials.slice(0, HOLDERS))
  try {
    const deadlineMs = nowMs() + FILL_MS_MAX
    const held = await cluster.each('fill', { entries, writer: 0, deadlineMs }, 2 * FILL_MS_MAX)
    if (held.includes(false)) throw new Error(`${system}: not every node that was there held the state`)
    await sleep(SETTLE_MS)
    if (options.otherLoadMax !== undefined) await quietMachine(Number(options.otherLoadMax))
    const serversBefore = await cluster.each('cpuMs', undefined)
    const machineBefore = machineCpuMs()
    const sinceMs = nowMs()
    const answer = await cluster.joinLate(credentials[HOLDERS]!, { entries, waitMsMax: WAIT_MS_MAX })
    const elapsedMs = nowMs() - sinceMs
    const machineMs = machineCpuMs() - machineBefore
    const serversAfter = await cluster.each('cpuMs', undefined)
    const serversCpuMs = serversAfter.slice(0, HOLDERS).reduce((sum, cpu, i) => sum + cpu - serversBefore[i]!, 0)
    const others = Math.max(0, machineMs - serversAfter.at(-1)! - serversCpuMs) / elapsedMs
    return { ...answer, system, round, serversCpuMs, otherLoadCores: others }
  } finally {
    await cluster.stop()
  }
}

function report(systems: readonly SystemName[], all: readonly JoinFigures[]): string {
  const of = (system: SystemName, figure: (one: JoinFigures) => number): number[] =>
    ascending(all.filter((one) => one.system === system).map(figure))
  const elapsed = (one: JoinFigures): number => one.elapsedMs ?? Number.NaN
  const rows = systems.map((system) => {
    const times = of(system, elapsed)
    const middle = (figure: (one: JoinFigures) => number, digits = 0): string =>
      median(of(system, figure)).toFixed(digits)
    return [
      SYSTEMS[system].title,
      middle(elapsed),
      `${whole(times[0]!)} … ${whole(times.at(-1)!)}`,
      middle((one) => one.received / 1e6, 2),
      middle((one) => one.cpuMs),
      middle((one) => one.serversCpuMs),
      middle((one) => one.peakGrowthMb),
      Math.max(...of(system, (one) => one.otherLoadCores)).toFixed(2),
    ]
  })
  const titles = ['system', 'ms', 'range', 'MB received', 'joiner CPU ms', 'servers CPU ms', 'peak MB', 'other load']
  const ratio = (figure: (one: JoinFigures) => number): string =>
    (median(of('configsync', figure)) / median(of(FLOOR, figure))).toFixed(2)
  const ratios = `Time: ${ratio(elapsed)} of the floor's (aim: at most ${AIM_TIME}). Bytes: ${ratio((one) => one.received)} (aim: under ${AIM_BYTES}).`
  return `${markdownTable(titles, rows)}\n\n${systems.includes(FLOOR) ? ratios : ''}`
}

const systems = options.systems.split(',')
const alphabet = ALPHABETS.find((known) => known === options.alphabet)
if (!systems.every(isSystemName) || alphabet === undefined) {
  process.stderr.write(`--systems: ${Object.keys(SYSTEMS).join(', ')}; --alphabet: ${ALPHABETS.join(', ')}\n`)
  process.exit(2)
}
if (options.profile) process.env[PROFILE_FOLDER] = resolve(options.profile)
const count = Number(options.parameters)
const credentials = await issueCredentials(HOLDERS + 1)
const all: JoinFigures[] = []
for (let round = 1; round <= Number(options.rounds); round++)
  for (const system of systems) {
    const entries = { count, seed: Math.floor(Math.random() * 2 ** 31) + 1, alphabet }
    const figures = await measure(round, system, credentials, entries)
    process.stderr.write(`round ${round}: ${system} ${figures.elapsedMs?.toFixed(0)} ms\n`)
    all.push(figures)
  }
if (options.json)
  process.stdout.write(`${JSON.stringify({ machine: describeMachine(), count, alphabet, all }, null, 1)}\n`)
else
  process.stdout.write(
    `${machineLine(describeMachine())}. ${whole(count)} parameters, ${alphabet}.\n\n${report(systems, all)}\n`,
  )
