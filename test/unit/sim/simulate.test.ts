import { describe, expect, it } from 'vitest'
import type { Checker } from '#sim/checkers/checker'
import { HARSH, type MeshPlan, scheduleOf } from '#sim/mesh-plan'
import type { Progress } from '#sim/observation'
import { randomSchedule } from '#sim/random-schedule'
import { chartSvg } from '#sim/report/chart'
import { CHECKERS, runSchedule } from '#sim/run-schedule'
import { observed, simulate } from '#sim/simulate'
import { readPage } from '../docs/markdown.ts'

const SMALL: MeshPlan = { nodes: 5, seed: 7, durationMs: 10_000, writesPerSecond: 4 }

describe('a simulated mesh', () => {
  it('without faults has every write everywhere after one hop, and says nothing but heartbeats and updates', async () => {
    const { passed, convergence, writes, traffic, repairs, removals, reigns, divergences } = await simulate(
      scheduleOf({ ...SMALL, link: { delay: { kind: 'uniform', leastMs: 5, mostMs: 25 } } }),
    )
    expect({ passed, writes, repairs, removals, reigns, divergences }).toEqual({
      passed: true,
      writes: { made: 40, acknowledged: 40, excused: 0 },
      repairs: { pulls: 0, broadcasts: 0, fullExchanges: 0 },
      removals: { false: 0, excused: 0 },
      reigns: 1,
      divergences: 0,
    })
    expect(convergence).toMatchObject({
      withinBound: 1,
      unfinished: 0,
      toOneNode: { count: 160 },
      toEveryNode: { count: 40 },
    })
    // What is looked at every millisecond is seen up to one late; a gathered batch adds 5.
    expect(convergence.toEveryNode.max).toBeLessThanOrEqual(31)
    expect(convergence.toOneNode.p50).toBeGreaterThanOrEqual(5)
    expect(Object.keys(traffic.sent).sort()).toEqual(['heartbeat', 'updates'])
    expect(traffic.sent['updates']!.messages * traffic.sent['updates']!.bytes).toBeGreaterThan(0)
  })

  it('counts what a partition held up as not reached, and heals', async () => {
    const report = await simulate({
      ...scheduleOf({ ...SMALL, writesPerSecond: 0 }),
      events: [
        { kind: 'partition', atMs: 6_000, groups: [[0, 1]] },
        { kind: 'write', atMs: 7_000, node: 0, changes: [{ parameter: 'p', value: 1 }] },
      ],
    })
    expect(report).toMatchObject({
      passed: true,
      convergence: { unfinished: 1, withinBound: 0, toOneNode: { count: 1 }, toEveryNode: { count: 0 } },
      removals: { false: 0, excused: 12 },
    })
    expect(report.convergence.spread.at(-1)).toMatchObject({ nodes: 0.25, writes: 0 })
    expect(report.healing.tookMs).toBeGreaterThan(0)
  })

  it('is the same when somebody looks on, and measures the same twice', async () => {
    const schedules = [scheduleOf({ ...SMALL, ...HARSH, nodes: 6 }), randomSchedule({ seed: 11 })]
    for (const schedule of schedules) {
      const first = await simulate(schedule)
      expect(first.digest).toBe((await runSchedule(schedule)).digest)
      expect(await simulate(schedule)).toEqual(first)
    }
  })

  it('tells how far it is, and ends when it is asked to', async () => {
    const told: Progress[] = []
    const stop = new AbortController()
    const onProgress = (progress: Progress) => {
      told.push(progress)
      if (told.length === 3) stop.abort(new Error('enough'))
    }
    const long = scheduleOf({ ...SMALL, durationMs: 3_600_000 })
    await expect(simulate(long, { onProgress, signal: stop.signal })).rejects.toThrow('enough')
    expect(told.map(({ simulatedMs }) => simulatedMs)).toEqual(
      told.map(({ simulatedMs }) => simulatedMs).toSorted((a, b) => a - b),
    )
    expect(told[0]!.faultsEndMs).toBe(3_608_000)
  })

  it('reports what a checker found', async () => {
    const never: Checker = { name: 'never', healed: () => ({ what: 'as always' }) }
    const { report, outcome } = await observed(scheduleOf(SMALL), { checkers: [...CHECKERS, never] })
    expect(report).toMatchObject({ passed: false, failures: [{ checker: 'never', what: 'as always' }] })
    expect(outcome.failure).toEqual(report.failures[0])
  })
})

describe('the report', () => {
  it('has the fields that docs/simulator.md lists, and no other', async () => {
    const [, table = ''] = /<!-- report -->\n([\s\S]*?)<!-- \/report -->/.exec(readPage('docs/simulator.md')) ?? []
    const fields = table.split('\n').flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)])
    const report = await simulate(scheduleOf(SMALL))
    expect(fields.map(([, field]) => field).sort()).toEqual(Object.keys(report).sort())
    for (const part of ['writes', 'convergence', 'healing', 'traffic', 'repairs', 'removals', 'damagedFrames'] as const)
      for (const field of Object.keys(report[part])) expect(table).toContain(`\`${field}\``)
  })
})

describe('the drawing', () => {
  it('is well-formed, has both curves and no number that is none', async () => {
    const svg = chartSvg(await simulate(scheduleOf({ ...SMALL, link: { lossRate: 0.2 } })))
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(svg.match(/class="curve (nodes|writes)"/g)).toHaveLength(2)
    expect(unclosed(svg)).toEqual([])
  })

  it('of a run in which nobody wrote has no curve, and is well-formed', async () => {
    const svg = chartSvg(await simulate(scheduleOf({ ...SMALL, writesPerSecond: 0 })))
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(unclosed(svg)).toEqual([])
  })
})

/** Elements that are not closed, or closed out of turn. */
function unclosed(svg: string): string[] {
  const open: string[] = []
  for (const [, slash, name, end] of svg.matchAll(
    /<(\/?)([a-z]+)(?:\s+[a-zA-Z0-9:-]+="[^"<>&]*(?:&[a-z]+;[^"<>&]*)*")*\s*(\/?)>/g,
  )) {
    if (slash === '/') {
      if (open.pop() !== name) return [`</${name}>`]
    } else if (end !== '/') open.push(name!)
  }
  const tags = svg.match(/<[^>]*>/g)?.length
  const read = svg.match(/<(\/?)([a-z]+)(?:\s+[a-zA-Z0-9:-]+="[^"<>&]*(?:&[a-z]+;[^"<>&]*)*")*\s*(\/?)>/g)?.length
  return tags === read ? open : [...open, 'something that is no tag']
}
