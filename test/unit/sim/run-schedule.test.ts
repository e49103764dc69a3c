import { describe, expect, it } from 'vitest'
import { FAULT_KINDS } from '#sim/fault-episodes'
import { randomSchedule } from '#sim/random-schedule'
import { runSchedule } from '#sim/run-schedule'
import { type NodeSetup, QUIET_LINK, type Schedule, type ScheduledEvent } from '#sim/schedule'

const NODE: NodeSetup = { store: 'process', clockOffsetMs: 0, clockRate: 1, declares: true, present: true }
const write = (node: number, atMs: number, value: number): ScheduledEvent => ({
  kind: 'write',
  node,
  atMs,
  changes: [{ parameter: 'latest', value }],
})

const schedule = (events: readonly ScheduledEvent[], nodes: readonly NodeSetup[] = [NODE, NODE, NODE]): Schedule => ({
  seed: 1,
  nodes,
  link: QUIET_LINK,
  events,
  healAtMs: Math.max(...events.map(({ atMs }) => atMs)) + 500,
})

describe('a schedule', () => {
  it('is the same for the same seed, and is plain data', () => {
    const generated = randomSchedule({ seed: 7 })
    expect(randomSchedule({ seed: 7 })).toEqual(generated)
    expect(JSON.parse(JSON.stringify(generated))).toEqual(generated)
    expect(randomSchedule({ seed: 8 })).not.toEqual(generated)
  })

  it('runs in the same way again, also from its printed form', async () => {
    for (const seed of [3, 5, 9]) {
      const generated = randomSchedule({ seed })
      const { digest, messages } = await runSchedule(generated)
      const again = await runSchedule(JSON.parse(JSON.stringify(generated)))
      expect([again.digest, again.messages], `seed ${seed}`).toEqual([digest, messages])
      const other = await runSchedule({ ...generated, seed: seed + 1 })
      expect(other.digest, `seed ${seed}`).not.toBe(digest)
    }
  })

  it('has only the kinds of faults that it may have', () => {
    const kinds = new Set(
      Array.from({ length: 50 }, (_, seed) => randomSchedule({ seed, faults: ['kill', 'loss'] })).flatMap(
        ({ events }) => events.map(({ kind }) => kind),
      ),
    )
    expect([...kinds].sort()).toEqual(['kill', 'link', 'start', 'write'])
    expect(FAULT_KINDS.length).toBeGreaterThan(10)
  })
})

describe('a run', () => {
  it('ends equal with every acknowledged write, and says how many there were', async () => {
    const outcome = await runSchedule(schedule([write(0, 5_000, 1), write(1, 5_000, 2), write(2, 6_000, 3)]))
    expect(outcome).toMatchObject({ failure: undefined, writes: 3, acknowledged: 3 })
    expect(outcome.equalAfterMs).toBeLessThan(1_000)
  })

  it('acknowledges nothing on a full disk, and the write stands all the same', async () => {
    const full: ScheduledEvent = { kind: 'disk', node: 0, condition: 'full', atMs: 4_000 }
    const outcome = await runSchedule(schedule([full, write(0, 5_000, 1)]))
    expect(outcome).toMatchObject({ failure: undefined, writes: 1, acknowledged: 0 })
  })
})
