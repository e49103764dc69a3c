import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigSyncError } from '#core/errors'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { defineParameters, parameter } from '#node/parameters'
import { AutoTuner } from '#tuner/auto-tuner'
import type { Goal } from '#tuner/objective'
import type { TuningStrategy } from '#tuner/strategy'
import { coded } from '../../support/coded.ts'
import { POOL, TunedMesh } from './tuned-mesh.ts'
import { move, scripted } from './tuning-fixture.ts'

const even = defineParameters({
  pool: {
    concurrency: parameter(z.number().multipleOf(2), {
      default: 20,
      tune: { min: 2, max: 100, step: 1, whenMissed: 'lower' },
    }),
  },
})

/** A tuner without a mesh: its windows end when the test says so. */
class Single {
  readonly scheduler = new VirtualScheduler()
  readonly config = { pool: { concurrency: 20 } }
  readonly errors: ConfigSyncError[] = []
  readonly tuner: AutoTuner

  constructor(strategy: TuningStrategy, goals: readonly Goal[] = POOL.goals) {
    this.tuner = new AutoTuner({
      config: this.config,
      parameters: even,
      objectives: [{ ...POOL, goals, strategy: strategy.name }],
      strategies: [strategy],
      scheduler: this.scheduler,
      wallClock: () => 0,
    })
    this.tuner.on('error', (error) => this.errors.push(error))
    this.tuner.start()
  }

  /** @param ms of every sample */
  async window(ms: number, elapsedMs = 1_000): Promise<string> {
    for (let i = 0; i < 100; i++) this.tuner.observe('request_ms', ms)
    this.scheduler.advanceBy(elapsedMs)
    return (await this.tuner.adjustNow())['pool']!
  }

  get state() {
    return this.tuner.status().objectives[0]!.state
  }
}

let single: Single | undefined
let tuned: TunedMesh | undefined
afterEach(async () => {
  single?.tuner.stop()
  await tuned?.mesh.stop()
  single = undefined
  tuned = undefined
})

describe('a value that the schema refuses', () => {
  it('moves nothing without a mesh too, and is left alone, so that the strategy comes to another', async () => {
    const wanting: TuningStrategy = {
      ...scripted([]),
      propose: ({ tunables: [limit], isBlocked }, memory) => {
        const value = [21, 22].find((one) => !isBlocked('pool.concurrency', one))!
        return {
          proposal: limit!.value === 20 ? move(value) : { type: 'stay', reason: 'done' },
          memory: memory ?? null,
        }
      },
    }
    single = new Single(wanting)
    expect(await single.window(100)).toMatch(/^not published: .*multiple/i)
    expect(single.errors).toEqual([coded('VALUE_INVALID', /pool\.concurrency/)])
    expect(single.config.pool.concurrency).toBe(20)
    await single.window(100)
    expect(single.config.pool.concurrency).toBe(22)
  })
})

describe('a strategy that fails', () => {
  const failing = (how: Partial<TuningStrategy>): TuningStrategy => ({
    ...scripted([move(22)]),
    name: 'failing',
    ...how,
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('of the program')
      },
      /of the program/,
    ],
    ['remembers no JSON', () => Number.NaN, /what it remembers is no JSON: NaN/],
  ])('and %s as a trial ends does not keep what made things worse', async (_, learn, detail) => {
    single = new Single(failing({ learn }))
    await single.window(150)
    expect(single.config.pool.concurrency).toBe(22)
    await single.window(400)
    expect(await single.window(400)).toMatch(/goes back to 20/)
    expect(single.config.pool.concurrency).toBe(20)
    expect(single.errors).toEqual([coded('STRATEGY_FAILED', detail)])
  })
})

it('a reason of more goals than fit is cut, and the move is made', async () => {
  const long = 'p95 over its goal: '.repeat(40)
  const objective = { ...POOL, strategy: 'wordy' }
  const wordy: TuningStrategy = {
    ...scripted([{ type: 'move', name: 'pool.concurrency', value: 39, reason: `${long}…` }]),
    name: 'wordy',
  }
  tuned = await TunedMesh.of(1, 1, { objectives: [objective], strategies: [wordy] })
  await tuned.windows(2)
  expect(tuned.values).toEqual([39])
  const { reason } = tuned.tuners[0]!.history()[0]!
  expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(512)
  expect(reason).toMatch(/^p95 over its goal: .*…$/)
})

describe('what is to be published', () => {
  const stepping = { objectives: [{ ...POOL, strategy: 'stepping' }] }
  const strategies: TuningStrategy[] = [{ ...scripted([move(36)]), name: 'stepping' }]

  it('and cannot be stored here stands all the same, on trial: every other node has it', async () => {
    tuned = await TunedMesh.of(2, 1, { ...stepping, strategies })
    const { tunerPort } = tuned.mesh.nodes[0]!
    const publish = tunerPort.publish.bind(tunerPort)
    tunerPort.publish = async (changes) => {
      await publish(changes)
      throw new ConfigSyncError('STORE_FAILED', 'the disk is full')
    }
    await tuned.until('the move', 30_000, () => tuned!.values.every((value) => value === 36))
    expect(tuned.statusOf(0).state.trial).toMatchObject({ oldValue: 40, newValue: 36 })
    tuned.msPerConcurrent = 15
    await tuned.until('it is taken back', 40_000, () => tuned!.values.every((value) => value === 40))
  })

  it('and is refused late leaves what somebody else wrote meanwhile', async () => {
    tuned = await TunedMesh.of(2, 1, { ...stepping, strategies })
    let refuse: (error: ConfigSyncError) => void = () => undefined
    const tried = new Promise<void>((resolve) => {
      tuned!.mesh.nodes[0]!.tunerPort.publish = () => {
        resolve()
        return new Promise((_, reject) => {
          refuse = reject
        })
      }
    })
    await tuned.windows(1)
    await tried
    await tuned.tuners[1]!.freeze('a quiet night')
    await tuned.second()
    expect(tuned.statusOf(0).state.frozen).toBe(true)
    refuse(new ConfigSyncError('VALUE_INVALID', 'too late'))
    await tuned.second()
    expect(tuned.statusOf(0).state.frozen).toBe(true)
  })
})

it('a window of no length has no throughput, rather than one that is no number', async () => {
  const goals: Goal[] = [...POOL.goals, { metric: 'request_ms', raise: 'throughput' }]
  single = new Single({ ...scripted([move(22)]), name: 'hasty' }, goals)
  await single.window(150, 0)
  expect(single.state.trial!.before).toEqual({ p95: expect.any(Number), successRate: undefined, throughput: 0 })
})

it('a goal is judged by samples of its kind: outcomes have no p95, and numbers no success rate', async () => {
  single = new Single({ ...scripted([move(22)]), name: 'blind' }, [
    { metric: 'request_ms', rateAtLeast: 0.9 },
    { metric: 'request_ok', p95AtMost: 10 },
  ])
  for (let i = 0; i < 100; i++) single.tuner.observe('request_ok', true)
  expect(await single.window(150)).toBe('too few samples (under 50): request_ms 0, request_ok 0')
  expect(single.config.pool.concurrency).toBe(20)
})
