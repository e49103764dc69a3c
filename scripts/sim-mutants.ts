/**
 * Breaks the core in every known way and counts after how many schedules the simulator finds each.
 *
 *     npm run sim:mutants -- [--seeds 1..1000] [--only TEXT]
 */
import { parseArgs } from 'node:util'
import { failureText } from '../src/sim/failure-text.ts'
import { randomSchedule } from '../src/sim/random-schedule.ts'
import { runSchedule } from '../src/sim/run-schedule.ts'
import { parseSeeds } from '../src/sim/seed-range.ts'
import { MUTANTS, type Mutant } from '../test/support/mutants.ts'

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '1..1000' }, only: { type: 'string', default: '' } },
})
const { from, to } = parseSeeds(options.seeds)

/** @returns whether it was found */
async function hunt({ what, breakCore }: Mutant): Promise<boolean> {
  const mend = breakCore()
  try {
    for (let seed = from; seed <= to; seed++) {
      const { failure } = await runSchedule(randomSchedule({ seed }))
      if (failure === undefined) continue
      console.log(`${what}: found by ${failure.checker} after ${seed - from + 1} schedules`)
      console.log(failureText({ seed }, failure).replace(/^/gm, '  '))
      return true
    }
  } finally {
    mend()
  }
  console.log(`${what}: not found in ${to - from + 1} schedules`)
  return false
}

for (const mutant of MUTANTS.filter(({ what }) => what.includes(options.only)))
  if (!(await hunt(mutant))) process.exitCode = 1
