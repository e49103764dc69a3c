import { afterEach, describe, expect, it } from 'vitest'
import { Clients } from '#cli/demo/tune/clients'
import { type PoolLimits, WorkerPool } from '#cli/demo/tune/worker-pool'
import { eventually } from '../../../support/eventually.ts'

/** A downstream that answers when the test says so. */
class HeldDownstream {
  readonly calls: { readonly items: number; readonly answer: (ok: boolean) => void }[] = []

  call(items: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.push({ items, answer: (ok) => (ok ? resolve() : reject(new Error('refused'))) })
    })
  }
}

const open: WorkerPool[] = []
afterEach(() => Promise.all(open.splice(0).map((pool) => pool.close())))

function poolOf(downstream: HeldDownstream, limits: PoolLimits, threads = 1): WorkerPool {
  const pool = new WorkerPool({ threads, limits, call: (items) => downstream.call(items) })
  open.push(pool)
  return pool
}

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `job ${i}`)

describe('a worker pool', () => {
  it('has at most so many batches under way, and what waits meanwhile goes in batches', async () => {
    const downstream = new HeldDownstream()
    const pool = poolOf(downstream, { concurrency: 2, batchSize: 3, batchTimeLimitMs: 0 })
    const jobs = namesOf(8).map((name) => pool.run(name))
    await eventually('two calls', () => downstream.calls.length === 2)
    expect(downstream.calls.map(({ items }) => items)).toEqual([1, 1])
    expect(pool.queued).toBe(6)
    downstream.calls[0]!.answer(true)
    await eventually('a third call', () => downstream.calls.length === 3)
    expect(downstream.calls[2]!.items).toBe(3)
    expect(pool.queued).toBe(3)
    for (const call of downstream.calls) call.answer(true)
    await eventually('the last call', () => downstream.calls.length === 4)
    downstream.calls[3]!.answer(true)
    expect((await Promise.all(jobs)).every(({ ok }) => ok)).toBe(true)
  })

  it('begins a batch that is not full when its first job has waited long enough, and tells of that wait', async () => {
    const downstream = new HeldDownstream()
    const pool = poolOf(downstream, { concurrency: 2, batchSize: 3, batchTimeLimitMs: 30 })
    const jobs = namesOf(2).map((name) => pool.run(name))
    expect(pool.queued).toBe(2)
    await eventually('its call', () => downstream.calls.length === 1)
    expect(downstream.calls[0]!.items).toBe(2)
    downstream.calls[0]!.answer(true)
    const times = await Promise.all(jobs)
    // The limit is of the first; the second came a little later.
    expect(times[0]!.batchMs).toBeGreaterThanOrEqual(30)
    for (const { batchMs, queueMs, cpuMs, callMs, totalMs } of times) {
      expect(queueMs).toBe(0)
      expect(batchMs + cpuMs + callMs).toBeCloseTo(totalMs, 6)
    }
  })

  it('begins a full batch at once, however long others may wait, and a waiting one when its limit is taken away', async () => {
    const downstream = new HeldDownstream()
    const limits: PoolLimits = { concurrency: 2, batchSize: 3, batchTimeLimitMs: 1e6 }
    const pool = poolOf(downstream, limits)
    for (const name of namesOf(4)) void pool.run(name)
    await eventually('one call', () => downstream.calls.length === 1)
    expect(downstream.calls[0]!.items).toBe(3)
    expect(pool.queued).toBe(1)
    pool.limits = { ...limits, batchTimeLimitMs: 0 }
    await eventually('another call', () => downstream.calls.length === 2)
  })

  it('tells of what waits for others to end apart from what waits for its batch', async () => {
    const downstream = new HeldDownstream()
    const pool = poolOf(downstream, { concurrency: 1, batchSize: 2, batchTimeLimitMs: 0 })
    const first = pool.run('first')
    await eventually('its call', () => downstream.calls.length === 1)
    const second = pool.run('second')
    downstream.calls[0]!.answer(true)
    await eventually('the next call', () => downstream.calls.length === 2)
    downstream.calls[1]!.answer(true)
    expect(await first).toMatchObject({ queueMs: 0 })
    const { queueMs, batchMs, cpuMs, callMs, totalMs } = await second
    expect(queueMs).toBeGreaterThan(0)
    expect(queueMs + batchMs + cpuMs + callMs).toBeCloseTo(totalMs, 6)
  })

  it('takes other limits at once', async () => {
    const downstream = new HeldDownstream()
    const pool = poolOf(downstream, { concurrency: 1, batchSize: 1, batchTimeLimitMs: 0 })
    for (const name of namesOf(5)) void pool.run(name)
    await eventually('one call', () => downstream.calls.length === 1)
    pool.limits = { concurrency: 3, batchSize: 2, batchTimeLimitMs: 0 }
    await eventually('three calls', () => downstream.calls.length === 3)
    expect(downstream.calls.map(({ items }) => items)).toEqual([1, 2, 2])
  })

  it('tells of a job that the downstream refused, and where its time went', async () => {
    const downstream = new HeldDownstream()
    const pool = poolOf(downstream, { concurrency: 1, batchSize: 1, batchTimeLimitMs: 0 }, 2)
    const job = pool.run('job')
    await eventually('its call', () => downstream.calls.length === 1)
    downstream.calls[0]!.answer(false)
    const { ok, queueMs, batchMs, cpuMs, callMs, totalMs } = await job
    expect(ok).toBe(false)
    expect(cpuMs).toBeGreaterThan(0)
    expect(queueMs + batchMs + cpuMs + callMs).toBeCloseTo(totalMs, 6)
  })
})

describe('clients', () => {
  it('each ask one thing at a time, and are as many as was said last', async () => {
    const asked: (() => void)[] = []
    const clients = new Clients(1, () => new Promise<void>((answered) => asked.push(answered)))
    clients.count = 5
    await eventually('five ask', () => asked.length === 5)
    clients.count = 2
    for (const answer of asked.splice(0)) answer()
    await eventually('two ask again', () => asked.length === 2)
    clients.count = 4
    await eventually('two more ask', () => asked.length === 4)
    clients.stop()
    expect(clients.count).toBe(0)
    for (const answer of asked) answer()
  })
})
