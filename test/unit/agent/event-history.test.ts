import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeEventBytes } from '#agent/http/event-bytes'
import { EventHistory } from '#agent/http/event-history'
import type { ChangeEvent } from '#node/types'

function event(revision: number, value: unknown = revision): ChangeEvent {
  const change = { section: 'a', parameter: 'x', value, previous: undefined, deleted: false, update: { value } }
  return { revision, source: 'local', changes: [change] } as unknown as ChangeEvent
}

const record = (history: EventHistory<ChangeEvent>, one: ChangeEvent) => history.record(one, changeEventBytes(one))

function replay(history: EventHistory<ChangeEvent>, since: number): number[] {
  const revisions: number[] = []
  for (let next = history.next(since); next; next = history.next(next.revision)) revisions.push(next.revision)
  return revisions
}

describe('the history of a watch', () => {
  it('covers nothing but now while it is empty', () => {
    const history = new EventHistory<ChangeEvent>(5)
    expect([4, 5, 6].map((revision) => history.covers(revision))).toEqual([false, true, false])
    expect(history.next(5)).toBeUndefined()
  })

  it('tells everything after any revision that it covers, and covers what the limits allow (any limits, any gaps)', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 300 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), gaps, (eventsMax, steps) => {
        const history = new EventHistory<ChangeEvent>(0, { eventsMax })
        const revisions: number[] = []
        for (const step of steps) {
          revisions.push((revisions.at(-1) ?? 0) + step)
          record(history, event(revisions.at(-1)!))
        }
        const last = revisions.at(-1) ?? 0
        expect(history.revision).toBe(last)
        for (let since = 0; since <= last; since++) {
          const missed = revisions.filter((revision) => revision > since)
          expect(history.covers(since)).toBe(missed.length <= eventsMax)
          if (history.covers(since)) expect(replay(history, since)).toEqual(missed)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('lets go of events whose values weigh too much, whatever their shape', () => {
    const history = new EventHistory<ChangeEvent>(0, { bytesMax: 100_000 })
    const heavy = ['x'.repeat(30_000), { a: ['y'.repeat(30_000)] }, Array.from({ length: 5_000 }, (_, i) => i)]
    for (const [i, value] of heavy.entries()) record(history, event(i + 1, value))
    expect(history.covers(0)).toBe(false)
    expect(history.covers(3)).toBe(true)
  })

  it('keeps the newest whatever it weighs, so that whoever keeps up is told', () => {
    const history = new EventHistory<ChangeEvent>(0, { bytesMax: 1_000 })
    record(history, event(1, 'x'.repeat(10_000)))
    expect(replay(history, 0)).toEqual([1])
    record(history, event(2, 'x'.repeat(10_000)))
    expect([history.covers(0), history.covers(1)]).toEqual([false, true])
    expect(replay(history, 1)).toEqual([2])
  })
})
