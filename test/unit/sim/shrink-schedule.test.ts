import { describe, expect, it } from 'vitest'
import { failureText, replayCommand } from '#sim/failure-text'
import { randomSchedule } from '#sim/random-schedule'
import type { Outcome } from '#sim/run-schedule'
import type { Schedule } from '#sim/schedule'
import { shrinkSchedule, withoutNode } from '#sim/shrink-schedule'

/** A run that fails as soon as the schedule has a kill of node 1 and a write anywhere. */
async function run(schedule: Schedule): Promise<Outcome> {
  const kinds = schedule.events.filter((event) => event.kind === 'write' || (event.kind === 'kill' && event.node === 1))
  const fails = kinds.some(({ kind }) => kind === 'kill') && kinds.some(({ kind }) => kind === 'write')
  return {
    schedule,
    failure: fails ? { checker: 'same-state', atMs: 1_500, what: 'n1 and n2 differ' } : undefined,
    digest: '',
    equalAfterMs: undefined,
    simulatedMs: 0,
    writes: 0,
    acknowledged: 0,
    messages: 0,
  }
}

describe('shrinking', () => {
  it('comes down to the events and nodes that the failure needs', async () => {
    const generated = randomSchedule({ seed: 2, nodes: 7 })
    const failing = { ...generated, events: [...generated.events, { kind: 'kill', node: 1, atMs: 9e4 } as const] }
    const { outcome, runs } = await shrinkSchedule(await run(failing), run)
    expect(outcome.schedule.events.map(({ kind }) => kind).sort()).toEqual(['kill', 'write'])
    expect(outcome.schedule.nodes.length).toBeLessThanOrEqual(3)
    expect(runs).toBeLessThanOrEqual(400)
  })

  it('runs no more often than it may', async () => {
    const generated = randomSchedule({ seed: 2, nodes: 7 })
    const failing = { ...generated, events: [...generated.events, { kind: 'kill', node: 1, atMs: 9e4 } as const] }
    expect((await shrinkSchedule(await run(failing), run, 10)).runs).toBe(10)
  })

  it('leaves a machine out together with what happened to it, and those after it move up', () => {
    const [setup] = randomSchedule({ seed: 1 }).nodes
    const shrunk = withoutNode(
      {
        ...randomSchedule({ seed: 1 }),
        nodes: [setup!, setup!, setup!],
        events: [
          { kind: 'kill', node: 1, atMs: 1 },
          { kind: 'kill', node: 2, atMs: 2 },
          { kind: 'partition', groups: [[0], [1], [2]], atMs: 3 },
        ],
      },
      1,
    )
    expect(shrunk.events).toEqual([
      { kind: 'kill', node: 1, atMs: 2 },
      { kind: 'partition', groups: [[0], [1]], atMs: 3 },
    ])
  })
})

describe('a failure', () => {
  it('is printed with its seed, its time and the command that replays it', () => {
    const failure = { checker: 'same-state', atMs: 9_120, what: 'n1 and n3 differ at s.url (n1:17 / n2:16)' }
    expect(failureText({ seed: 48213 }, failure)).toBe(
      'seed 48213, 9.120 s: n1 and n3 differ at s.url (n1:17 / n2:16) (same-state)\nreplay: configsync simulate --faults all --seed 48213',
    )
    expect(replayCommand({ seed: 1, nodes: 5, faults: ['loss', 'kill'] })).toBe(
      'configsync simulate --faults loss,kill --seed 1 --nodes 5',
    )
  })
})
