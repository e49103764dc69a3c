import { describe, expect, it } from 'vitest'
import { heardHeartbeats } from '#sim/bounds/presence'
import { BOUNDS, keeps } from '#sim/bounds/table'

/** A few fixed seeds; `npm run bench:bounds` takes many. */
const SEEDS: Readonly<Record<number, readonly number[]>> = { 5: [1, 2, 3, 4], 16: [5, 6], 64: [7] }

describe.each([5, 16, 64])('%i nodes', (nodes) => {
  it.each(BOUNDS)('$what: $limit $unit', async (bound) => {
    for (const seed of SEEDS[nodes]!) {
      const { worst } = await bound.measure(nodes, seed)
      expect(keeps(bound, worst), `seed ${seed}: ${worst} ${bound.unit}`).toBe(true)
    }
  })
})

describe('a mesh sixteen times as large as its presence budget', () => {
  it('is heard as little as one of 1,000 nodes must be', async () => {
    const budget = 16
    const { coldStartPerH, idlePerH } = await heardHeartbeats(256, 1, budget)
    expect(coldStartPerH / budget).toBeLessThan(300 / 64)
    expect(idlePerH / budget).toBeLessThan(100 / 64)
  })
})
