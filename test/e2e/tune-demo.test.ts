import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { RunningCli, runCli } from '../support/processes.ts'

interface TuneReport {
  readonly met: boolean
  readonly goalMs: number
  readonly phases: readonly {
    readonly worstP95: number
    readonly metP95: number
    readonly adjustments: number
  }[]
  readonly adjustments: readonly { readonly parameter: string; readonly reason: string; readonly seenBy: string[] }[]
}

/** The demo gives itself so long. */
const DEMO_MS_MAX = 220_000
const NODES = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5']
const LOADS = 3

describe('configsync demo --tune', () => {
  it(
    'brings the pools of five nodes to their goal under every load, with a reason for every step',
    async () => {
      const { exitCode, stdout, stderr } = await runCli(['demo', '--tune', '--json'], { msMax: DEMO_MS_MAX + 10_000 })
      expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' })
      const { met, goalMs, phases, adjustments } = JSON.parse(stdout) as TuneReport
      expect({ met, goalMs, loads: phases.length }).toEqual({ met: true, goalMs: 200, loads: LOADS })
      for (const { worstP95, metP95, adjustments: steps } of phases) {
        expect(worstP95).toBeGreaterThan(goalMs)
        expect(metP95).toBeLessThanOrEqual(goalMs)
        expect(steps).toBeGreaterThan(0)
      }
      expect(adjustments[0]).toMatchObject({
        parameter: 'batch_time_limit_ms',
        reason: expect.stringMatching(/^p95 over its goal, batch takes /),
        seenBy: NODES,
      })
      expect(new Set(adjustments.map(({ parameter }) => parameter))).toEqual(
        new Set(['batch_time_limit_ms', 'batch_size', 'concurrency']),
      )
    },
    DEMO_MS_MAX + 20_000,
  )

  it('ends every process when it is interrupted', async () => {
    const demo = new RunningCli(['demo', '--tune', '--once', '--nodes', '2'])
    await eventually('the load begins', () => demo.stdout().includes('16 clients'), 60_000)
    demo.kill('SIGINT')
    expect(await demo.ended()).toBe(1)
    expect(demo.stderr()).toMatch(/DEMO_FAILED: interrupted by SIGINT/)
  })
})
