import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Origin } from '#core/identity'
import type { Replica } from '#core/replica'
import { History, liveKey, type Step, seenKey } from '../support/history.ts'

const kinds = (weights: Partial<Record<Step['kind'], number>>) =>
  fc.oneof(
    ...Object.entries(weights).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Step['kind']) })),
  )

const everything = {
  write: 24,
  writeGroup: 5,
  delete: 6,
  deliver: 22,
  repeat: 4,
  pull: 24,
  save: 5,
  collect: 4,
  crash: 6,
}
const { collect: _, ...withoutCollect } = everything

const history = (weights: Partial<Record<Step['kind'], number>>) =>
  fc.record({
    nodes: fc.integer({ min: 2, max: 5 }),
    steps: fc.array(
      fc.record({
        kind: kinds(weights),
        node: fc.nat(1000),
        pick: fc.nat(1000),
        reach: fc.nat(1023),
        acknowledged: fc.boolean(),
      }),
      { minLength: 10, maxLength: 60 },
    ),
  })

const RUNS = 10_000

describe('random histories of loss, repetition, holes, cut sessions, crashes and deletes', () => {
  it('any order, loss, repetition and mixture of broadcast and pull ends with the same siblings, values and seen', () => {
    fc.assert(
      fc.property(history(everything), ({ nodes, steps }) => {
        const run = new History(nodes)
        run.run(steps)
        run.settle()
        const [first, ...others] = run.nodes.map(({ replica }) => replica)
        for (const other of others) {
          expect(seenKey(other)).toBe(seenKey(first!))
          expect(liveKey(other)).toBe(liveKey(first!))
          expect(other.seen.digest.value()).toEqual(first!.seen.digest.value())
          expect(other.liveHash.value()).toEqual(first!.liveHash.value())
        }
        for (const update of run.acknowledged) expect(first!.seen.covers(update.origin, update.sequence)).toBe(true)
        // Nothing that should stand is gone, and nothing that was superseded or deleted is back.
        const live = new Set([...first!.live()].filter(({ value }) => value !== undefined))
        const due = run.maximal().filter(({ value }) => value !== undefined)
        expect(due.map(({ origin, sequence }) => `${origin}:${sequence}`).sort()).toEqual(
          [...live].map(({ origin, sequence }) => `${origin}:${sequence}`).sort(),
        )
      }),
      { numRuns: RUNS },
    )
  })

  it('I1 and the claim rule: at every moment, equal seen means equal live values', () => {
    fc.assert(
      fc.property(history(everything), ({ nodes, steps }) => {
        const run = new History(nodes)
        run.run(steps, () => {
          const bySeen = new Map<string, string>()
          for (const { replica } of run.nodes) {
            const seen = seenKey(replica)
            const live = liveKey(replica)
            expect(bySeen.get(seen) ?? live).toBe(live)
            bySeen.set(seen, live)
          }
        })
      }),
      { numRuns: RUNS / 5 },
    )
  })

  it('I2: siblings are pairwise concurrent', () => {
    fc.assert(
      fc.property(history(everything), ({ nodes, steps }) => {
        const run = new History(nodes)
        run.run(steps, () => {
          for (const { replica } of run.nodes) for (const siblings of siblingSets(replica)) expectConcurrent(siblings)
        })
      }),
      { numRuns: RUNS / 10 },
    )
  })

  it('I4: collected lies within the hole-free part of seen', () => {
    fc.assert(
      fc.property(history(everything), ({ nodes, steps }) => {
        const run = new History(nodes)
        run.run(steps, () => {
          for (const { replica } of run.nodes)
            for (const [origin, sequence] of replica.collected)
              expect(replica.seen.origins.get(origin)!.contiguous).toBeGreaterThanOrEqual(sequence)
        })
      }),
      { numRuns: RUNS / 10 },
    )
  })

  it('converges without collecting tombstones too', () => {
    fc.assert(
      fc.property(history(withoutCollect), ({ nodes, steps }) => {
        const run = new History(nodes)
        run.run(steps)
        run.settle()
        expect(new Set(run.nodes.map(({ replica }) => liveKey(replica))).size).toBe(1)
      }),
      { numRuns: RUNS / 5 },
    )
  })
})

function siblingSets(
  replica: Replica,
): (readonly { origin: Origin; sequence: number; context: readonly unknown[] }[])[] {
  return [0, 1, 2, 3].map((n) => replica.siblings('s', `k${n}`))
}

function expectConcurrent(
  siblings: readonly { origin: Origin; sequence: number; context: readonly unknown[] }[],
): void {
  for (const a of siblings)
    for (const b of siblings) {
      if (a === b) continue
      expect(a.origin).not.toBe(b.origin)
      const known = a.context.indexOf(b.origin)
      expect(known >= 0 ? (a.context[known + 1] as number) : 0).toBeLessThan(b.sequence)
    }
}
