import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeId } from '#core/identity'
import { ClockOffsets } from '#mesh/clock-offsets'

const PEER = 'node-2' as NodeId

/** A round trip of the given ways, by clocks that are read in whole milliseconds. */
function measure(offsets: ClockOffsets, trueMs: number, offsetMs: number, thereMs: number, backMs: number): void {
  const clockMs = Math.floor(trueMs + thereMs + backMs)
  offsets.measured(PEER, Math.floor(trueMs + thereMs + offsetMs), clockMs, thereMs + backMs, trueMs + thereMs + backMs)
}

describe('the offset between two clocks', () => {
  it('is unknown before the first round trip', () => {
    expect(new ClockOffsets().of(PEER)).toBeUndefined()
  })

  it('is right to half of the shortest round trip and the grain of the clocks, whatever it is', () => {
    const way = fc.double({ min: 0, max: 50, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(fc.tuple(way, way), { minLength: 1, maxLength: 100 }),
        (offsetMs, ways) => {
          const offsets = new ClockOffsets()
          ways.forEach(([there, back], i) => {
            measure(offsets, 1e12 + i * 1_000.3, offsetMs, there, back)
          })
          const recent = ways.slice(-64).map(([there, back]) => there + back)
          const boundMs = (Math.min(...recent) * 1.5 + 1) / 2 + 1.001
          expect(Math.abs(offsets.of(PEER)! - offsetMs)).toBeLessThanOrEqual(boundMs)
        },
      ),
    )
  })

  it('takes the short round trips, however few they are and however short', () => {
    const offsets = new ClockOffsets()
    const measured = (thereMs: number, backMs: number, atMs: number) =>
      offsets.measured(PEER, atMs + thereMs + 10_000, atMs + thereMs + backMs, thereMs + backMs, atMs)
    for (let i = 0; i < 30; i++) measured(i === 11 ? 0.25 : 1, 0.25, 1e6 + i)
    expect(offsets.of(PEER)).toBeCloseTo(10_000, 6)
  })

  it('follows a clock that was set, at the next round trip', () => {
    const offsets = new ClockOffsets()
    for (let i = 0; i < 20; i++) measure(offsets, 1e12 + i * 1_000, 0, 5, 5)
    measure(offsets, 1e12 + 20_000, 10_000, 5, 5)
    expect(offsets.of(PEER)).toBeCloseTo(10_000, -1)
  })

  it('forgets what is so old that clocks have drifted since', () => {
    const offsets = new ClockOffsets()
    measure(offsets, 1e12, 0, 1, 1)
    measure(offsets, 1e12 + 700_000, 30, 40, 40)
    expect(offsets.of(PEER)).toBeCloseTo(30, -0.5)
  })
})
