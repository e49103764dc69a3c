import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TunerAnswer } from '#cli/answers'
import { eventually } from '../support/eventually.ts'
import { type AgentReady, type RunningCli, runCli, startAgent } from '../support/processes.ts'

const SCHEMA = {
  'pool.concurrency': {
    schema: { type: 'integer', minimum: 1, maximum: 64 },
    default: 64,
    tune: { min: 1, max: 64, step: 1, whenMissed: 'lower' },
  },
}
const OBJECTIVES = {
  objectives: [{ name: 'pool', goals: [{ metric: 'job_ms', p95AtMost: 100 }], parameters: ['pool.concurrency'] }],
}

interface Running {
  readonly cli: RunningCli
  readonly ready: AgentReady
}

let folder: string
const running: Running[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'configsync-e2e-tuner-'))
  writeFileSync(join(folder, 'schema.json'), JSON.stringify(SCHEMA))
  writeFileSync(join(folder, 'tuner.json'), JSON.stringify(OBJECTIVES))
})
afterEach(() => Promise.all(running.splice(0).map(({ cli }) => cli.stop())))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function agent(nodeId: string, ...more: string[]): Promise<Running> {
  const files = ['--schema', join(folder, 'schema.json'), '--tuner', join(folder, 'tuner.json')]
  const addresses = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0']
  const started = await startAgent(['--node-id', nodeId, '--preset', 'test', ...addresses, ...files, ...more])
  running.push(started)
  return started
}

const poolOf = ({ objectives }: TunerAnswer) => objectives.find(({ name }) => name === 'pool')!
const tunerOf = async ({ ready }: Running): Promise<TunerAnswer> =>
  (await (await fetch(`${ready.http}/v1/tuner?limit=500`)).json()) as TunerAnswer

/** What a program in another language does: it tells the agent beside it how long its jobs took, over the goal. */
async function observe(agents: readonly Running[]): Promise<void> {
  const observations = Array.from({ length: 10 }, () => ({ metric: 'job_ms', value: 900 }))
  await Promise.all(
    agents.map(async ({ ready }) => {
      const response = await fetch(`${ready.http}/v1/tuner/observations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ observations }),
      })
      expect(await response.json()).toEqual({ taken: 10 })
    }),
  )
}

/** Observes until all of them answer so. */
function untilAll(what: string, agents: readonly Running[], holds: (answer: TunerAnswer) => boolean): Promise<void> {
  return eventually(
    what,
    async () => {
      await observe(agents)
      return (await Promise.all(agents.map(tunerOf))).every(holds)
    },
    60_000,
  )
}

describe('two agents with objectives', () => {
  it('tune one parameter together, leave a person alone, and go on when the coordinator is killed', async () => {
    const a = await agent('a')
    const b = await agent('b', '--join', a.ready.mesh)
    const both = [a, b]
    await untilAll('an adjustment on both', both, ({ adjustments }) => adjustments.length > 0)
    const firsts = (await Promise.all(both.map(tunerOf))).map(({ adjustments }) => adjustments.at(-1)!)
    expect(firsts[0]).toMatchObject({ section: 'pool', oldValue: 64, nodeId: 'a' })
    expect(firsts[0]!.newValue).toBeLessThan(64)
    expect(firsts[0]!.reason).toMatch(/^p95 over its goal: job_ms p95 \d+(\.\d)? \(goal 100\)$/)
    expect({ ...firsts[1], at: 0 }).toEqual({ ...firsts[0], at: 0 })

    const set = await runCli(['set', 'pool.concurrency', '30', '--reason', 'a demo', '--http', b.ready.http])
    expect(set).toMatchObject({ exitCode: 0 })
    await untilAll('it is left alone', both, (answer) => /no parameter can be moved/.test(poolOf(answer).note))
    expect(poolOf(await tunerOf(a)).parameters[0]).toMatchObject({
      value: 30,
      held: 'set by a person on b with priority 0 (a demo)',
    })

    const release = ['tuner', 'release', 'pool.concurrency', '--http', b.ready.http]
    expect(await runCli(release)).toMatchObject({ exitCode: 0, stdout: "pool.concurrency is the tuner's\n" })
    await untilAll('it is moved again', both, (answer) => (poolOf(answer).parameters[0]!.value ?? 64) < 30)

    a.cli.kill('SIGKILL')
    await untilAll(
      'the other tunes',
      [b],
      ({ mode, adjustments }) => mode === 'active' && adjustments[0]!.nodeId === 'b',
    )
    const { adjustments } = await tunerOf(b)
    const last = adjustments.findIndex(({ nodeId }) => nodeId === 'a')
    expect(adjustments[last - 1]).toMatchObject({ nodeId: 'b', oldValue: adjustments[last]!.newValue })
    expect(adjustments[last - 1]!.epoch).toBeGreaterThan(adjustments[last]!.epoch)
  })

  it('show the mode of each node, and keep the memory of the tuner out of what people configure', async () => {
    const a = await agent('a')
    const b = await agent('b', '--join', a.ready.mesh)
    await untilAll('an adjustment on both', [a, b], ({ adjustments }) => adjustments.length > 0)
    const at = (...words: string[]) => runCli([...words, '--http', b.ready.http])
    await eventually('b knows the mode of a', async () => /^a coordinator.* active /m.test((await at('nodes')).stdout))
    expect((await at('status')).stdout).toMatch(/^tuner +observing$/m)
    expect((await at('export')).stdout).not.toContain('auto_tuner_state')
    expect((await at('list', '--names')).stdout).not.toContain('auto_tuner_state')
    const named = await at('export', 'auto_tuner_state')
    expect(JSON.parse(named.stdout)).toMatchObject({ auto_tuner_state: { pool: { frozen: false } } })
    writeFileSync(join(folder, 'export.json'), named.stdout)
    const imported = await at('import', join(folder, 'export.json'))
    expect(imported).toMatchObject({ exitCode: 0, stdout: '' })
    expect(imported.stderr).toContain('auto_tuner_state is left out: it is the memory of the tuner of then')
  })
})
