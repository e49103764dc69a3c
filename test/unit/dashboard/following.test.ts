import { describe, expect, it } from 'vitest'
import { Following } from '#dashboard/model/following'
import { duration, time } from '#dashboard/model/format'
import { Members } from '#dashboard/model/members'
import { member, update } from './samples.ts'

const write = { section: 'pool', parameter: 'size', value: 8, deleted: false, update: update('a', 4) }

describe('a change that is followed', () => {
  const start = () => {
    const clock = { ms: 0 }
    const members = new Members(() => clock.ms)
    members.take([member('a', { self: true, vector: { 'a~1': 4 } }), member('b', {}), member('c', {})])
    const following = new Following(members, () => clock.ms)
    const show = async (ms: number, ...nodes: Parameters<typeof member>[]) => {
      clock.ms = ms
      members.take(nodes.map((node) => member(...node)))
      await Promise.resolve()
    }
    return { members, following, show }
  }

  it('is everywhere when every live node has shown it, and not before', async () => {
    const { following, show } = start()
    following.follow([write], 0)
    expect(following.list[0]).toMatchObject({ lacking: ['b', 'c'], members: 3, tookMs: undefined })
    await show(30, ['b', { vector: { 'a~1': 4 } }], ['c', { vector: { 'a~1': 3 } }])
    expect(following.list[0]).toMatchObject({ lacking: ['c'], tookMs: undefined })
    await show(70, ['c', { vector: { 'a~1': 5 } }])
    expect(following.list[0]).toMatchObject({ lacking: [], tookMs: 70 })
    await show(900, ['d', {}])
    expect(following.list[0]!.tookMs).toBe(70)
  })

  it('does not wait for a node that is gone', async () => {
    const { members, following, show } = start()
    following.follow([write], 0)
    members.tell({ at: 0, nodeId: 'c', state: 'gone' })
    await show(50, ['b', { vector: { 'a~1': 4 } }])
    expect(following.list[0]).toMatchObject({ lacking: [], members: 2, tookMs: 50 })
  })
})

describe('what is shown', () => {
  it.each([
    [0.04, '0 ms'],
    [0.84, '0.8 ms'],
    [14.4, '14 ms'],
    [1_240, '1.2 s'],
    [42_000, '42 s'],
    [180_000, '3 min'],
    [7_500_000, '2 h 5 min'],
    [3 * 86_400_000, '3 days'],
  ])('%d ms are %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  it('is the time of day, with the date on another day', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime()
    expect(time(at, at)).toBe('03:04:05.006')
    expect(time(at, at + 2 * 86_400_000)).toBe('2026-01-02 03:04:05.006')
  })
})
