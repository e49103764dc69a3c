import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Scheduler } from '#mesh/scheduler'
import type { ConfigSync } from '#node/api'
import type { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import { VirtualMesh } from '#sim/virtual-mesh'
import { AutoTuner, type AutoTunerOptions } from '#tuner/auto-tuner'
import type { Objective } from '#tuner/objective'
import { rulesStrategy } from '#tuner/strategies/rules'
import type { TuningStrategy } from '#tuner/strategy'
import { coded } from '../../support/coded.ts'

const number = (preset: number) =>
  parameter(z.number().int().min(1).max(100), {
    default: preset,
    tune: { min: 1, max: 100, step: 1, whenMissed: 'lower' },
  })
const parameters = defineParameters({ pool: { concurrency: number(40), batch_size: number(8) } })
const POOL: Objective = {
  name: 'pool',
  goals: [{ metric: 'request_ms', p95AtMost: 200 }],
  parameters: ['pool.concurrency'],
}

let mesh: VirtualMesh
afterEach(() => mesh?.stop())

/** Two nodes that know their coordinator, and a tuner of the first one that was not started yet. */
async function settled(options: AutoTunerOptions = {}): Promise<{ node: ConfigSyncManager; tuner: AutoTuner }> {
  mesh = await new VirtualMesh({ nodes: 2, seed: 1, node: { parameters } as never }).start()
  mesh.until('there is a coordinator', 10_000, () => mesh.nodes[0]!.isCoordinator())
  mesh.run(5_000)
  return { node: mesh.nodes[0]!, tuner: tunerOf(0, options) }
}

const tunerOf = (index: number, options: AutoTunerOptions = {}): AutoTuner =>
  new AutoTuner({ configSyncManager: mesh.nodes[index] as ConfigSync, objectives: [POOL], ...options })

/** So many windows at once, each with enough samples of a goal that is missed. */
async function missedWindows(tuner: AutoTuner, count: number): Promise<Readonly<Record<string, string>>> {
  let notes = {}
  for (let i = 0; i < count; i++) {
    for (let sample = 0; sample < 60; sample++) tuner.observe('request_ms', 1_000)
    mesh.run(1_000)
    notes = await tuner.adjustNow()
  }
  return notes
}

const goalsOf = (tuner: AutoTuner, name: string) =>
  tuner
    .status()
    .objectives.find((objective) => objective.name === name)!
    .goals.map(({ goal }) => goal)

describe('settings of the tuner', () => {
  it('are taken live: targets, length of a window, enabled', async () => {
    const { node, tuner } = await settled()
    tuner.start()
    await node.publishUpdate('auto_tuner', 'target_p95_latency_ms', 123)
    await node.publishUpdate('auto_tuner', 'target_success_rate', 0)
    await node.publishUpdate('auto_tuner', 'interval_seconds', 42)
    expect(goalsOf(tuner, 'mesh')).toMatchObject([{ p95AtMost: 123 }, { rateAtLeast: 0 }])
    expect(tuner.status().windowMs).toBe(42_000)
    await node.publishUpdate('auto_tuner', 'enabled', false)
    expect(tuner.mode).toBe('off')
    expect((await missedWindows(tuner, 3))['pool']).toMatch(/the tuner is off/)
    // Whoever takes it over begins with the targets that stand, whatever they are.
    const taken = new AutoTuner({ objectives: [] })
    taken.setConfigSyncManager(node as ConfigSync)
    expect(goalsOf(taken, 'mesh')).toMatchObject([{ p95AtMost: 123 }, { rateAtLeast: 0 }])
  })

  it('a shorter heartbeat interval counts at once, not after the beat under way', async () => {
    const { node, tuner } = await settled()
    await node.publishUpdate('mesh', 'heartbeat_interval_ms', 60_000)
    tuner.start()
    let windows = 0
    tuner.on('window', () => windows++)
    await node.publishUpdate('mesh', 'heartbeat_interval_ms', 1_000)
    for (let second = 0; second < 25; second++) {
      mesh.run(1_000)
      await Promise.resolve()
    }
    expect(windows).toBe(2)
  })
})

describe('the life of a tuner', () => {
  it('may begin before its node, and follows it over a restart', async () => {
    mesh = await new VirtualMesh({ nodes: 1, seed: 1, node: { parameters } as never }).start()
    const node = mesh.nodes[0]!
    await node.stop()
    const tuner = tunerOf(0)
    const modes: string[] = []
    tuner.on('mode', ({ mode }) => modes.push(mode))
    tuner.start()
    for (let i = 0; i < 60; i++) tuner.observe('request_ms', 1)
    mesh.run(30_000)
    expect(tuner.mode).toBe('observing')
    await node.start()
    mesh.until('it coordinates', 20_000, () => tuner.mode === 'active')
    await node.stop()
    mesh.run(30_000)
    expect(tuner.mode).toBe('observing')
    await node.start()
    mesh.until('it coordinates again', 20_000, () => tuner.mode === 'active')
    mesh.run(2_000)
    tuner.stop()
    expect(modes).toEqual(['observing', 'active', 'observing', 'active', 'off'])
  })

  it('publishes nothing while its node stops, says so, and rejects nothing', async () => {
    const { node, tuner } = await settled()
    tuner.start()
    await missedWindows(tuner, 2)
    const stopping = node.stop()
    // It coordinates no longer: a window of its own begins.
    await tuner.adjustNow()
    for (let sample = 0; sample < 60; sample++) tuner.observe('request_ms', 1_000)
    const notes = await tuner.adjustNow()
    await stopping
    expect(notes['pool']).toMatch(/would move/)
    expect(node.get('pool', 'concurrency')).toBe(40)
  })

  it('tells nobody any more whose listener was taken off', async () => {
    const { tuner } = await settled()
    let windows = 0
    const off = tuner.on('window', () => windows++)
    await tuner.adjustNow()
    off()
    off()
    await tuner.adjustNow()
    expect(windows).toBe(1)
  })

  it('leaves no timer behind when a listener of the node stops it in the middle of a change', async () => {
    const { node } = await settled()
    const pending = new Set<object>()
    const scheduler: Scheduler = {
      nowMs: () => mesh.scheduler.nowMs(),
      schedule: (delayMs, callback) => {
        const timer = {}
        pending.add(timer)
        const cancel = mesh.scheduler.schedule(delayMs, () => pending.delete(timer) && callback())
        return () => pending.delete(timer) && cancel()
      },
    }
    const tuner = tunerOf(0, { scheduler })
    node.on('change', () => tuner.stop())
    tuner.start()
    expect(pending.size).toBe(1)
    await node.publishUpdate('mesh', 'heartbeat_interval_ms', 2_000)
    expect(tuner.mode).toBe('off')
    expect(pending.size).toBe(0)
  })

  it('joins a mesh and leaves it; one whose declarations do not fit changes nothing', async () => {
    const { node } = await settled()
    const tuner = new AutoTuner({ objectives: [POOL], parameters, scheduler: mesh.scheduler })
    tuner.start()
    expect(tuner.mode).toBe('single-node')
    const other = await new VirtualMesh({ nodes: 1, seed: 1 }).start()
    const wrongOne = other.nodes[0] as ConfigSync
    expect(() => tuner.setConfigSyncManager(wrongOne)).toThrow(coded('OBJECTIVE_INVALID', /pool\.concurrency/))
    await other.stop()
    expect(tuner.mode).toBe('single-node')
    tuner.setConfigSyncManager(node as ConfigSync)
    expect(tuner.mode).toBe('active')
    expect(node.status().tunerMode).toBe('active')
    tuner.setConfigSyncManager(undefined)
    expect(tuner.mode).toBe('single-node')
    expect(node.status().tunerMode).toBe('off')
    tuner.stop()
  })

  it('keeps the values of the program as those of the mesh from the start', async () => {
    const config: Record<string, Record<string, number>> = {}
    const { node, tuner } = await settled({ config })
    tuner.start()
    expect(config).toEqual({ pool: { concurrency: 40 }, mesh: expect.objectContaining({ batch_size_limit: 64 }) })
    await node.publishUpdate('pool', 'concurrency', 12)
    expect(config['pool']).toEqual({ concurrency: 12 })
  })
})

describe('what a program does wrong', () => {
  it('a listener that throws disturbs neither the others nor the tuner', async () => {
    const { tuner } = await settled()
    const told: string[] = []
    tuner.on('window', () => {
      throw new Error('of the program')
    })
    tuner.on('window', () => told.push('window'))
    tuner.on('error', ({ code }) => told.push(code))
    await tuner.adjustNow()
    expect(told).toEqual(['window', 'LISTENER_FAILED'])
  })

  it('a strategy that throws moves nothing, and the tuner says which it was', async () => {
    const broken: TuningStrategy = {
      ...rulesStrategy,
      name: 'broken',
      propose: () => {
        throw new Error('of the program')
      },
    }
    const { node, tuner } = await settled({ objectives: [{ ...POOL, strategy: 'broken' }], strategies: [broken] })
    const errors: unknown[] = []
    tuner.on('error', (error) => errors.push(error))
    tuner.start()
    expect((await missedWindows(tuner, 1))['pool']).toMatch(/strategy broken of objective pool: .*of the program/)
    expect(errors).toEqual([coded('STRATEGY_FAILED', /broken/)])
    expect(node.get('pool', 'concurrency')).toBe(40)
  })

  it('too many metrics of its own leave room for those of the mesh', async () => {
    const { node, tuner } = await settled()
    tuner.start()
    expect(() => {
      for (let i = 0; i < 100; i++) tuner.observe(`metric-${i}`, 1)
    }).toThrow(coded('METRIC_INVALID', /would be metric/))
    await node.publishUpdate('pool', 'batch_size', 9)
    expect(() => mesh.run(5_000)).not.toThrow()
  })

  const wrong = (change: Record<string, unknown>) => ({ ...POOL, ...change }) as unknown as Objective

  it.each([
    [wrong({ parameters: ['pool.nothing'] }), /pool: pool\.nothing is not declared with tune bounds/],
    [wrong({ strategy: 'magic' }), /no strategy magic; there are rules, gradient, search/],
    [wrong({ goals: [{ metric: 'm', p95AtMost: '200' }] }), /p95AtMost of m is no number/],
    [wrong({ goals: [{ metric: 'm', p95AtMost: 0 }] }), /p95AtMost of m is not above 0/],
    [wrong({ goals: [{ metric: 'm', rateAtLeast: 1.5 }] }), /rateAtLeast of m is not 0 to 1/],
    [wrong({ goals: [{ metric: 'm', p95Below: 3 }] }), /exactly one of p95AtMost, rateAtLeast, raise/],
    [wrong({ goals: [{ metric: 'm', p95AtMost: 1, raise: 'throughput' }] }), /exactly one of/],
    [
      wrong({ goals: ['m', 'n'].map((metric) => ({ metric, p95AtMost: 1 })) }),
      /two goals are p95AtMost; there is one of each/,
    ],
    [wrong({ goals: [{ metric: 'm', raise: 'money' }] }), /raise of m is not "throughput"/],
    [wrong({ giveback: 'default' }), /unknown member giveback; there are name, goals/],
    [wrong({ giveBack: 'never' }), /giveBack is bounds or default/],
    [wrong({ breakdown: { queue: 3 } }), /breakdown names a metric/],
  ])('%j is refused', async (objective, detail) => {
    mesh = await new VirtualMesh({ nodes: 1, seed: 1, node: { parameters } as never }).start()
    expect(() => tunerOf(0, { objectives: [objective] })).toThrow(coded('OBJECTIVE_INVALID', detail))
  })

  it('objectives of one name, or with a parameter in common, are refused', async () => {
    mesh = await new VirtualMesh({ nodes: 1, seed: 1, node: { parameters } as never }).start()
    expect(() => tunerOf(0, { objectives: [POOL, wrong({ parameters: ['pool.batch_size'] })] })).toThrow(
      coded('OBJECTIVE_INVALID', /two objectives are named pool/),
    )
    expect(() => tunerOf(0, { objectives: [POOL, wrong({ name: 'other' })] })).toThrow(
      coded('OBJECTIVE_INVALID', /other: pool\.concurrency belongs to pool too/),
    )
  })
})

describe('freezing', () => {
  it('is of all objectives or of none', async () => {
    const { node, tuner } = await settled()
    tuner.start()
    const written: unknown[] = []
    node.on('change', ({ changes }) => written.push(changes.map(({ parameter }) => parameter)))
    await tuner.freeze()
    expect(written).toEqual([['mesh', 'pool']])
    await tuner.freeze()
    expect(written).toHaveLength(1)
    await expect(tuner.freeze('x'.repeat(600))).resolves.toBeUndefined()
    await tuner.release()
    await expect(tuner.freeze('x'.repeat(600))).rejects.toThrow(coded('REASON_TOO_LONG', /600/))
    expect(tuner.status().objectives.map(({ state }) => state.frozen)).toEqual([false, false])
  })

  it('is told on every node, and spares the trial of what goes on', async () => {
    const { tuner } = await settled()
    const other = tunerOf(1)
    const told: string[] = []
    for (const name of ['frozen', 'released'] as const)
      other.on(name, ({ objective, reason }) => told.push(`${name} ${objective}: ${reason}`))
    tuner.start()
    other.start()
    await missedWindows(tuner, 3)
    const stateOf = (one: AutoTuner) => one.status().objectives.find(({ name }) => name === 'pool')!.state
    expect(stateOf(tuner).trial).toMatchObject({ name: 'pool.concurrency' })
    await tuner.release()
    expect(stateOf(tuner).trial).toMatchObject({ name: 'pool.concurrency' })
    await tuner.freeze('a quiet night')
    mesh.run(1_000)
    await other.release()
    mesh.run(1_000)
    expect(stateOf(tuner).frozen).toBe(false)
    expect(told).toEqual([
      'frozen mesh: a quiet night',
      'frozen pool: a quiet night',
      'released mesh: released',
      'released pool: released',
    ])
  })
})
