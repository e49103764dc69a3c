import { describe, expect, it } from 'vitest'
import { Members } from '#dashboard/model/members'
import { member } from './samples.ts'

function page() {
  const clock = { ms: 1_000 }
  const members = new Members(() => clock.ms)
  const view = (nodeId: string) => members.views().find((one) => one.nodeId === nodeId)!
  return { clock, members, view }
}

describe('the members on the page', () => {
  it('lack what somebody else has shown, and since when', () => {
    const { clock, members, view } = page()
    members.replace({
      nodes: [member('a', { self: true, vector: { 'a~1': 3 } }), member('b', { vector: { 'a~1': 3 } })],
      departed: [],
    })
    expect([view('a').standing, view('b').standing]).toEqual(['in step', 'in step'])
    clock.ms = 2_000
    members.take([member('a', { self: true, vector: { 'a~1': 4 } })])
    clock.ms = 2_300
    members.take([member('a', { self: true, vector: { 'a~1': 6 } })])
    clock.ms = 2_400
    expect(view('b')).toMatchObject({ standing: 'catching up', lag: 3, behindForMs: 400 })
    clock.ms = 4_600
    expect(view('b')).toMatchObject({ standing: 'behind', behindForMs: 2_600 })
    members.take([member('b', { vector: { 'a~1': 5 } })])
    expect(view('b')).toMatchObject({ lag: 1, behindForMs: 2_300 })
    members.take([member('b', { vector: { 'a~1': 6 } })])
    expect(view('b')).toMatchObject({ standing: 'in step', lag: 0, behindForMs: 0 })
  })

  it('do not lack what only a dead one had', () => {
    const { members, view } = page()
    members.take([member('a', { self: true, vector: { 'a~1': 1 } }), member('b', { vector: { 'a~1': 1, 'b~1': 9 } })])
    expect(view('a').lag).toBe(9)
    members.tell({ at: 0, nodeId: 'b', state: 'gone' })
    expect(view('a')).toMatchObject({ lag: 0, standing: 'in step' })
    expect([...members.tops()]).toEqual([['a~1', 1]])
  })

  it('begin anew when the agent did: origins of before are nothing that anybody lacks', () => {
    const { clock, members, view } = page()
    members.replace({ nodes: [member('a', { self: true, vector: { 'a~1': 7 } })], departed: [] })
    clock.ms += 60_000
    members.replace({ nodes: [member('a', { self: true, vector: { 'a~2': 1 } }), member('b', {})], departed: [] })
    expect(view('a').lag).toBe(0)
    expect(view('b')).toMatchObject({ lag: 1, behindForMs: 0 })
  })

  it('may have what this agent lacks', () => {
    const { members, view } = page()
    members.take([member('a', { self: true, vector: {} }), member('b', { vector: { 'b~1': 2 } })])
    expect([view('a').lag, view('b').lag]).toEqual([2, 0])
  })

  it('of whom nothing is known are not called in step', () => {
    const { members, view } = page()
    members.take([member('a', { self: true, vector: { 'a~1': 1 } }), member('b', { vector: null })])
    expect(view('b')).toMatchObject({ standing: 'unknown', lag: undefined })
  })

  it('are suspected, gone, and back', () => {
    const { clock, members, view } = page()
    members.take([member('a', { self: true }), member('b', {})])
    members.tell({ at: 0, nodeId: 'b', state: 'suspected' })
    expect(view('b').standing).toBe('suspected')
    members.tell({ at: 0, nodeId: 'b', state: 'gone' })
    clock.ms += 5_000
    expect(view('b')).toMatchObject({ standing: 'gone', silentForMs: 5_000 })
    expect(members.live.map(({ nodeId }) => nodeId)).toEqual(['a'])
    members.take([member('b', {})])
    expect(view('b').standing).toBe('in step')
    expect(members.views()).toHaveLength(2)
  })

  it('who went before the page was opened are told by the agent', () => {
    const { members, view } = page()
    members.replace(
      { nodes: [member('a', { self: true })], departed: [{ nodeId: 'c', state: 'left', at: 40_000 }] },
      100_000,
    )
    expect(view('c')).toMatchObject({ standing: 'left', silentForMs: 60_000 })
  })

  it('age between two words of them', () => {
    const { clock, members, view } = page()
    members.take([member('a', { self: true }), member('b', { silentForMs: 20 })])
    clock.ms += 700
    expect([view('a').silentForMs, view('b').silentForMs]).toEqual([0, 720])
  })

  it('know how long something is missing though a busy origin wrote on', () => {
    const { clock, members, view } = page()
    members.take([member('a', { self: true, vector: {} }), member('b', { vector: {} })])
    for (let sequence = 1; sequence <= 1_000; sequence++) {
      clock.ms++
      members.take([member('a', { self: true, vector: { 'a~1': sequence } })])
    }
    expect(view('b').lag).toBe(1_000)
    expect(view('b').behindForMs).toBeGreaterThanOrEqual(127)
  })
})
