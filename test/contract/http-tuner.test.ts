import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MemoryNetwork } from '#mesh/memory'
import type { ConfigSync } from '#node/api'
import { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import type { Objective } from '#tuner/objective'
import { HttpAgent } from '../support/http-agent.ts'

const parameters = defineParameters({
  pool: {
    concurrency: parameter(z.number().int().min(1).max(64), {
      default: 32,
      tune: { min: 1, max: 64, step: 1, whenMissed: 'lower' },
    }),
  },
})
const POOL: Objective = {
  name: 'pool',
  goals: [
    { metric: 'request_ms', p95AtMost: 100 },
    { metric: 'request_ok', rateAtLeast: 0.99 },
  ],
  parameters: ['pool.concurrency'],
  strategy: 'gradient',
}

let agent: HttpAgent
let sync: ConfigSync

beforeEach(async () => {
  const mesh = new MemoryNetwork().mesh()
  sync = new ConfigSyncManager({ nodeId: 'node-1', cluster: 'test', mesh, preset: 'test', parameters }) as ConfigSync
  agent = await new HttpAgent(sync, {}, { objectives: [POOL] }).start()
  // No window ends by itself between what a test sends and its `adjustNow`.
  await sync.publishUpdate('auto_tuner', 'interval_seconds', 3_600)
})
afterEach(() => agent.close())

const observations = (metric: string, value: number | boolean, count = 60) =>
  agent.call('POST', '/v1/tuner/observations', {
    body: { observations: Array.from({ length: count }, () => ({ metric, value })) },
  })

describe('GET /v1/tuner', () => {
  it('says the mode, the goals and the parameters of each objective', async () => {
    const { status, body } = await agent.call('GET', '/v1/tuner')
    expect(status).toBe(200)
    expect(body.mode).toMatch(/^(observing|active)$/)
    expect(body.objectives.map(({ name }: { name: string }) => name)).toEqual(['mesh', 'pool'])
    expect(body.objectives[1]).toMatchObject({
      strategy: 'gradient',
      goals: [
        { metric: 'request_ms', p95AtMost: 100, rateAtLeast: null, standing: 'unknown', measured: null },
        { metric: 'request_ok', rateAtLeast: 0.99, standing: 'unknown' },
      ],
      parameters: [{ parameter: 'pool.concurrency', value: 32, min: 1, max: 64, step: 1, held: null }],
      trial: null,
      frozen: false,
    })
  })

  it('says who set what the tuner leaves alone', async () => {
    await agent.call('PUT', '/v1/config/pool/concurrency', { body: { value: 20, reason: 'a quiet night' } })
    const held = async () => (await agent.call('GET', '/v1/tuner')).body.objectives[1].parameters[0].held
    expect(await held()).toBe('set by a person on node-1 with priority 0 (a quiet night)')
    const { body } = await agent.call('POST', '/v1/tuner/release', { body: { parameter: 'pool.concurrency' } })
    expect(body).toEqual({ done: true })
    expect(await held()).toBeNull()
    expect(sync.get('pool', 'concurrency')).toBe(20)
  })
})

describe('POST /v1/tuner/observations', () => {
  it('is what the tuner decides by', async () => {
    await expect.poll(() => agent.tuner.mode, { timeout: 10_000 }).toBe('active')
    expect((await observations('request_ms', 250)).body).toEqual({ taken: 60 })
    await observations('request_ok', true)
    await agent.tuner.adjustNow()
    expect(sync.get('pool', 'concurrency')).toBe(26)
    const { body } = await agent.call('GET', '/v1/tuner?limit=1')
    expect(body.total).toBe(1)
    expect(body.adjustments).toEqual([
      expect.objectContaining({
        kind: 'adjust',
        objective: 'pool',
        oldValue: 32,
        newValue: 26,
        nodeId: 'node-1',
        epoch: sync.status().epoch,
        reason: expect.stringMatching(/^2\.\d+ of the goal is used/),
      }),
    ])
    expect(body.objectives[1].trial).toEqual({ parameter: 'pool.concurrency', oldValue: 32, newValue: 26, windows: 0 })
    const metrics = await agent.call('GET', '/metrics')
    expect(metrics.text).toContain('configsync_tuner_adjustments_total{objective="pool",kind="adjust"} 1')
    expect(metrics.text).toContain('configsync_tuner_mode{mode="active"} 1')
  })

  it.each([
    [{ observations: [{ metric: '', value: 1 }] }, 422, 'METRIC_INVALID'],
    [{ observations: [{ metric: 'a', value: 'fast' }] }, 400, 'REQUEST_INVALID'],
    [{ observations: [{ metric: 'a' }] }, 400, 'REQUEST_INVALID'],
    [{ observations: Array.from({ length: 10_001 }, () => ({ metric: 'a', value: 1 })) }, 400, 'REQUEST_INVALID'],
    [{}, 400, 'REQUEST_INVALID'],
  ])('%# is refused', async (body, status, code) => {
    expect(await agent.call('POST', '/v1/tuner/observations', { body })).toMatchObject({ status, body: { code } })
  })
})

describe('while the agent stops', () => {
  it('observations, release and freeze are refused, and the tuner can be looked at', async () => {
    agent.server.refuseWrites()
    agent.tuner.stop()
    for (const [path, body] of [
      ['observations', { observations: [{ metric: 'request_ms', value: 1 }] }],
      ['release', {}],
      ['freeze', {}],
    ] as const) {
      const answer = await agent.call('POST', `/v1/tuner/${path}`, { body })
      expect([answer.status, answer.body.code], path).toEqual([503, 'STOPPING'])
    }
    expect((await agent.call('GET', '/v1/tuner')).body.mode).toBe('off')
  })
})

describe('POST /v1/tuner/freeze', () => {
  it('leaves everything where it is until it is released', async () => {
    await expect.poll(() => agent.tuner.mode, { timeout: 10_000 }).toBe('active')
    const frozen = async () => (await agent.call('GET', '/v1/tuner')).body.objectives[1].frozen
    await agent.call('POST', '/v1/tuner/freeze', { body: { reason: 'a sale' } })
    expect(await frozen()).toBe(true)
    for (let window = 0; window < 3; window++) {
      await observations('request_ms', 250)
      await observations('request_ok', true)
      await agent.tuner.adjustNow()
    }
    expect(sync.get('pool', 'concurrency')).toBe(32)
    await agent.call('POST', '/v1/tuner/release', { body: {} })
    expect(await frozen()).toBe(false)
  })

  it('a parameter that no objective has cannot be released', async () => {
    const answer = await agent.call('POST', '/v1/tuner/release', { body: { parameter: 'pool.other' } })
    expect(answer).toMatchObject({ status: 404, body: { code: 'PARAMETER_UNKNOWN' } })
  })
})
