import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pico from 'picocolors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandFailure } from '#cli/failure'
import { failureOf } from '#cli/simulate/failed-run'
import { replayCommand } from '#cli/simulate/planned-runs'
import { bar, percent, spreadPlot } from '#cli/simulate/plot'
import { ProgressBar } from '#cli/simulate/progress-bar'
import { reportLines } from '#cli/simulate/report-text'
import { runsLines } from '#cli/simulate/runs-text'
import type { Checker } from '#sim/checkers/checker'
import { scheduleOf } from '#sim/mesh-plan'
import type { SimulationReport } from '#sim/report/report'
import { runSchedule } from '#sim/run-schedule'
import { parseSchedule } from '#sim/schedule-file'
import { simulate } from '#sim/simulate'

const PLAIN = pico.createColors(false)

describe('bars', () => {
  it('are as long as their share, to an eighth of a character', () => {
    expect([0, 0.05, 0.5, 0.55, 1].map((share) => bar(share, 10))).toEqual(['', '▌', '█████', '█████▌', '██████████'])
  })

  it('never say 100 % when something is lacking', () => {
    expect([0, 0.5, 0.9999, 1].map(percent)).toEqual(['0.0 %', '50.0 %', '99.9 %', '100.0 %'])
  })

  const spread = [
    { ms: 5, nodes: 0.25, writes: 0 },
    { ms: 10, nodes: 0.251, writes: 0 },
    { ms: 50, nodes: 1, writes: 0.5 },
    { ms: 2_000, nodes: 1, writes: 1 },
  ]

  it('fit the width, and leave out steps at which nothing moves', () => {
    for (const columns of [60, 80, 200]) {
      const lines = spreadPlot(spread, columns, PLAIN)
      expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(['nodes', '5.0', '50', '2.0'])
      expect(new Set(lines.map(({ length }) => length)).size).toBe(1)
      expect(lines[0]!.length).toBeLessThanOrEqual(columns)
    }
  })

  it('are full for every node and light for some', () => {
    expect(spreadPlot(spread, 40, PLAIN).slice(1)).toEqual([
      '  5.0 ms  ░░░           25.0 %    0.0 %',
      '   50 ms  █████▌░░░░░  100.0 %   50.0 %',
      '   2.0 s  ███████████  100.0 %  100.0 %',
    ])
  })
})

describe('progress', () => {
  const half = { simulatedMs: 5_000, faultsEndMs: 10_000, writes: 12 }

  it('redraws one line of a terminal, never wider than it, and takes it away', () => {
    const written: string[] = []
    const stream = { isTTY: true, columns: 60, write: (text: string) => written.push(text) }
    const progress = new ProgressBar(stream, PLAIN, () => 0)
    progress.of('seed 7')(half)
    progress.say(`shrinking ${'x'.repeat(100)}`)
    progress.clear()
    progress.clear()
    expect(written).toHaveLength(3)
    expect(written.every((text) => text.startsWith('\r\u001b[K'))).toBe(true)
    expect(written[0]).toContain(`${'█'.repeat(15)}${'░'.repeat(15)} seed 7: 5.0 of 10.0`)
    expect(written.map((text) => text.length - 4).filter((length) => length >= 60)).toEqual([])
    expect(written[2]).toBe('\r\u001b[K')
  })

  it('says how long it will take, as far as that can be told', () => {
    const written: string[] = []
    let nowMs = 0
    const stream = { isTTY: true, columns: 100, write: (text: string) => written.push(text) }
    const show = new ProgressBar(stream, PLAIN, () => nowMs).of('seed 7')
    nowMs = 3_000
    show(half)
    expect(written[0]).toMatch(/, 12 writes, 3\.0 s left$/)
  })

  it('is a line now and then where there is no terminal', () => {
    const written: string[] = []
    let nowMs = 0
    const show = new ProgressBar({ write: (text: string) => written.push(text) }, PLAIN, () => nowMs).of('seed 7')
    for (; nowMs <= 25_000; nowMs += 100) show(half)
    expect(written).toEqual(Array(2).fill('seed 7: 5.0 of 10.0 s simulated, 12 writes\n'))
  })
})

describe('what is told of runs', () => {
  const reports: SimulationReport[] = []
  beforeEach(async () => {
    if (reports.length > 0) return
    for (const seed of [1, 2])
      reports.push(await simulate(scheduleOf({ nodes: 3, seed, durationMs: 2_000, crashes: 60 })))
  })

  it('of one is how writes spread, what was sent, and the verdict', () => {
    const lines = reportLines(reports[0]!, 80, PLAIN)
    const text = lines.join('\n')
    expect(lines[0]).toMatch(/^3 nodes, seed 1: \d+ s simulated, \d+ writes$/)
    expect(lines[1]).toBe('what happened: 2 × kill, 2 × start')
    for (const part of ['to every node', 'heartbeat', 'within 2 H', 'reign', '100.0 %']) expect(text).toContain(part)
    expect(lines.at(-1)).toBe('✔ every checker is content')
    expect(text).not.toMatch(/NaN|undefined|null/)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  it('of several is a line each, and the worst of them', () => {
    const lines = runsLines(reports, PLAIN)
    expect(lines.slice(1, 3).map((line) => line.split(/\s+/)[0])).toEqual(['1', '2'])
    expect(lines.at(-1)).toBe('✔ every checker is content with all 2 runs')
  })

  it('of a failure is what was found', () => {
    const failures = [{ checker: 'same-state', atMs: 9_120, what: 'n1 and n3 differ at db.url' }]
    const lines = reportLines({ ...reports[0]!, passed: false, failures }, 80, PLAIN)
    expect(lines.at(-1)).toBe('✘ same-state, 9.120 s: n1 and n3 differ at db.url')
  })
})

describe('a run that failed', () => {
  const home = process.cwd()
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'configsync-shrunk-'))
    process.chdir(folder)
  })
  afterEach(() => {
    process.chdir(home)
    rmSync(folder, { recursive: true, force: true })
  })

  /** Finds something wherever node-002 was killed: the smallest schedule has that event alone. */
  const killed: Checker = {
    name: 'killed',
    always: ({ machines }) => (machines[1]?.phase === 'down' ? { what: 'node-002 is down' } : undefined),
  }

  it('is shrunk into a file that fails in the same way, and says how to see it again', async () => {
    const schedule = scheduleOf({ nodes: 4, seed: 5, durationMs: 10_000, crashes: 60 })
    const outcome = await runSchedule(schedule, [killed])
    const progress = new ProgressBar({ write: () => undefined }, PLAIN)
    const context = { progress, checkers: [killed], signal: new AbortController().signal }
    const { view, exitCode } = await failureOf(outcome, 'configsync simulate --seed 5', context)
    expect(exitCode).toBe(1)
    expect(view.code).toBe('SIMULATION_FAILED')
    expect(view.detail).toMatch(
      /^seed 5, \d+\.\d{3} s: node-002 is down \(killed\)\nreplay: configsync simulate --seed 5\n/,
    )
    expect(view.detail).toMatch(/1 of \d+ events are enough: configsync simulate --schedule simulation-5\.json$/)
    const kept = parseSchedule(readFileSync('simulation-5.json', 'utf8'), 'simulation-5.json')
    expect(kept.events.map(({ kind }) => kind)).toEqual(['kill'])
    expect((await runSchedule(kept, [killed])).failure?.checker).toBe('killed')
  })

  it('is not shrunk on when its user has had enough', async () => {
    const stop = new AbortController()
    stop.abort(new CommandFailure({ code: 'INTERRUPTED', detail: 'by a test', hint: undefined }))
    const outcome = await runSchedule(scheduleOf({ nodes: 3, durationMs: 5_000, crashes: 60 }), [killed])
    const progress = new ProgressBar({ write: () => undefined }, PLAIN)
    await expect(failureOf(outcome, '', { progress, checkers: [killed], signal: stop.signal })).rejects.toThrow(
      'by a test',
    )
  })
})

describe('the command that runs it again', () => {
  it('has the words that shape the run, and the seed of that run', () => {
    const options = {
      nodes: 9,
      loss: 0.2,
      delay: [5, 25] as const,
      harsh: true,
      seed: 1,
      runs: 10,
      json: true,
      svg: 'a.svg',
    }
    expect(replayCommand(options, 4)).toBe('configsync simulate --nodes 9 --loss 0.2 --delay 5-25 --harsh --seed 4')
    expect(replayCommand({ faults: ['loss', 'kill'], oneWay: 2, seed: 1, runs: 1 }, 1)).toBe(
      'configsync simulate --faults loss,kill --one-way 2 --seed 1',
    )
  })
})
