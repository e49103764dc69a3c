import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Downstream } from '#cli/demo/tune/downstream'

const OPTIONS = { slots: 10, callMs: 50, itemMs: 4, contention: 0.7, queueMax: 500 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Items served in ten seconds of virtual time by so many callers, who call again at once. */
async function servedBy(callers: number, items: number): Promise<number> {
  const downstream = new Downstream(OPTIONS)
  let served = 0
  const caller = async () => {
    for (;;) {
      await downstream.call(items)
      served += items
    }
  }
  for (let i = 0; i < callers; i++) void caller()
  await vi.advanceTimersByTimeAsync(10_000)
  return served
}

describe('the downstream', () => {
  it('serves one call in its time', async () => {
    expect(await servedBy(1, 1)).toBe(Math.floor(10_000 / 54))
  })

  it('serves as many at once as it has slots, ten times as much', async () => {
    expect(await servedBy(10, 1)).toBe(10 * Math.floor(10_000 / 54))
  })

  it('does less the more callers there are beyond that: its throughput has a peak', async () => {
    const at = [await servedBy(10, 1), await servedBy(20, 1), await servedBy(40, 1), await servedBy(80, 1)]
    expect(at).toEqual(at.toSorted((a, b) => b - a))
    expect(at[3]).toBeLessThan(at[0]! / 5)
  })

  it('does more with larger calls', async () => {
    expect(await servedBy(10, 4)).toBeGreaterThan(3 * (await servedBy(10, 1)))
  })

  it('refuses a call when its queue is full, and serves all others in their order', async () => {
    const downstream = new Downstream({ ...OPTIONS, slots: 1, queueMax: 2 })
    const order: number[] = []
    const calls = [1, 2, 3].map((n) => downstream.call(1).then(() => order.push(n)))
    await expect(downstream.call(1)).rejects.toThrow('the downstream is full')
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(calls)
    expect(order).toEqual([1, 2, 3])
    expect(downstream.waiting).toBe(0)
  })
})
