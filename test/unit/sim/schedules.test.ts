import { describe, expect, it } from 'vitest'
import { failureText } from '#sim/failure-text'
import { randomSchedule } from '#sim/random-schedule'
import { runSchedule } from '#sim/run-schedule'

/** `npm run sim:schedules -- --seeds 1..10000` takes many. */
const FIXED = 200
const FRESH = 20

const seedsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index)

async function failures(seeds: readonly number[]): Promise<string[]> {
  const texts: string[] = []
  for (const seed of seeds) {
    const { failure } = await runSchedule(randomSchedule({ seed }))
    if (failure) texts.push(failureText({ seed }, failure))
  }
  return texts
}

describe('random schedules of faults', () => {
  it(`end as promised for ${FIXED} fixed seeds`, async () => {
    expect(await failures(seedsFrom(1, FIXED))).toEqual([])
  })

  it(`and for ${FRESH} fresh ones`, async () => {
    const first = Math.floor(Math.random() * 2 ** 31)
    console.info(`fresh seeds ${first} to ${first + FRESH - 1}`)
    expect(await failures(seedsFrom(first, FRESH))).toEqual([])
  })
})
