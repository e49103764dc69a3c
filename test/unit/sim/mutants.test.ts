import { describe, expect, it } from 'vitest'
import { randomSchedule } from '#sim/random-schedule'
import { runSchedule } from '#sim/run-schedule'
import { MUTANTS, type Mutant } from '../../support/mutants.ts'

const SCHEDULES_MAX = 1_000
/** Where each was found last: looking begins there, so that it takes moments, and goes on through all 1,000 if that changes. */
const FOUND_AT: Readonly<Record<string, number>> = {
  'reuse a sequence after an unclean stop': 22,
  'merge a dot that `seen` covers': 173,
  'drop a tombstone without `collected`': 101,
  'forget the lateness of a stalled tick': 226,
}

/** After how many schedules a checker finds it, and which; undefined: never. */
async function hunt({ what, breakCore }: Mutant): Promise<string | undefined> {
  const first = FOUND_AT[what] ?? 1
  const mend = breakCore()
  try {
    for (let turn = 0; turn < SCHEDULES_MAX; turn++) {
      const seed = 1 + ((first - 1 + turn) % SCHEDULES_MAX)
      const { failure } = await runSchedule(randomSchedule({ seed }))
      if (failure) return `${failure.checker} with seed ${seed}`
    }
    return undefined
  } finally {
    mend()
  }
}

describe('a core that was broken on purpose is found by the simulator', () => {
  it.each(MUTANTS)('$what', async (mutant) => {
    const found = await hunt(mutant)
    console.info(`${mutant.what}: found by ${found}`)
    expect(found).toBeDefined()
  })
})
