import { HARSH, scheduleOf } from '#sim/mesh-plan'
import { randomSchedule } from '#sim/random-schedule'
import { parseSchedule } from '#sim/schedule-file'
import type { SimulateOptions } from '../commands/simulate.ts'
import { usageFailure } from '../failure.ts'
import { readInput } from '../input-file.ts'
import { planOf } from './plan-options.ts'
import type { PlannedRun } from './run.ts'

/** What the command line asks for. */
export async function plannedRuns(options: SimulateOptions): Promise<PlannedRun[]> {
  const { seed, runs, schedule } = options
  if (schedule !== undefined) {
    const read = parseSchedule(await readInput(schedule), schedule)
    return [{ schedule: read, replay: `configsync simulate --schedule ${schedule}` }]
  }
  refuseMixture(options)
  return Array.from({ length: runs }, (_, i) => plannedRun(options, seed + i))
}

function plannedRun(options: SimulateOptions, seed: number): PlannedRun {
  const { faults, nodes, harsh } = options
  const replay = replayCommand(options, seed)
  if (faults !== undefined)
    return { schedule: randomSchedule({ seed, faults, ...(nodes !== undefined && { nodes }) }), replay }
  return { schedule: scheduleOf(planOf(options, seed, harsh === true ? HARSH : {})), replay }
}

/** What shapes a plan means nothing to a random schedule, which draws its own. */
function refuseMixture({ faults, seed, runs, nodes, svg, json, ...others }: SimulateOptions): void {
  const [name] = Object.keys(others)
  if (faults !== undefined && name !== undefined)
    throw usageFailure(`--faults draws its own faults and load, so ${flagOf(name)} has no place beside it`)
}

const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** The same words with the seed of one run; what only tells how to show it is left out. */
export function replayCommand(
  { runs, json, svg, schedule, scenario, write, ...shaping }: SimulateOptions,
  seed: number,
): string {
  const words = Object.entries({ ...shaping, seed }).map(([name, value]) => {
    if (value === true) return flagOf(name)
    if (!Array.isArray(value)) return `${flagOf(name)} ${value}`
    return `${flagOf(name)} ${value.join(name === 'delay' ? '-' : ',')}`
  })
  return `configsync simulate ${words.join(' ')}`
}
