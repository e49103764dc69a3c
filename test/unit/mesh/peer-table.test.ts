import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NodeId, RunId } from '#core/identity'
import type { Connection } from '#mesh/tls/connection'
import { TLS_MESH_LIMITS } from '#mesh/tls/limits'
import { PeerTable } from '#mesh/tls/peer-table'

/** One end of a connection: `own` when this side dialled it, `number` being the dialler's count. */
function end(peer: string, own: boolean, number: number, runId = 'r1') {
  const calls: string[] = []
  const connection = {
    hello: { nodeId: peer as NodeId, runId: runId as RunId, dial: own ? 0 : number },
    dial: own ? { address: 'x:1', number } : undefined,
    close: () => calls.push('close'),
    cut: () => calls.push('cut'),
    probe: async () => false,
  }
  return { connection: connection as unknown as Connection, calls }
}

function tableOf(self: string) {
  const events: string[] = []
  const table = new PeerTable(
    self as NodeId,
    TLS_MESH_LIMITS,
    (peer) => events.push(`up ${peer}`),
    (peer) => events.push(`down ${peer}`),
  )
  return { table, events }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
afterEach(() => void vi.useRealTimers())

describe('PeerTable', () => {
  it.each([
    [
      'the one dialled by the smaller nodeId',
      [
        { byA: true, number: 1 },
        { byA: false, number: 9 },
      ],
    ],
    [
      'the latest of those dialled by the smaller',
      [
        { byA: true, number: 2 },
        { byA: true, number: 1 },
      ],
    ],
    [
      'the latest, when the larger dialled all',
      [
        { byA: false, number: 2 },
        { byA: false, number: 1 },
      ],
    ],
  ])('uses %s, on both ends and in either order, and the smaller closes the rest', (_, [best, other]) => {
    for (const order of [
      [best!, other!],
      [other!, best!],
    ]) {
      for (const self of ['a', 'b']) {
        const { table, events } = tableOf(self)
        const ends = order.map((link) => ({
          link,
          ...end(self === 'a' ? 'b' : 'a', link.byA === (self === 'a'), link.number),
        }))
        for (const { connection } of ends) expect(table.add(connection)).toBe(true)
        const chosen = ends.find(({ link }) => link === best)!
        const left = ends.find(({ link }) => link === other)!
        expect(table.inUse).toEqual([chosen.connection])
        vi.advanceTimersByTime(TLS_MESH_LIMITS.surplusLingerMs)
        expect([chosen.calls, left.calls]).toEqual([[], self === 'a' ? ['close'] : []])
        expect(events.length).toBe(1)
      }
    }
  })

  it('falls back to the other connection without a word when the better one breaks', () => {
    const { table, events } = tableOf('b')
    const [better, worse] = [end('a', false, 2), end('a', false, 1)]
    table.add(worse.connection)
    table.add(better.connection)
    table.remove(better.connection)
    expect(table.inUse).toEqual([worse.connection])
    table.remove(worse.connection)
    table.remove(worse.connection)
    expect(events).toEqual(['up a', 'down a'])
  })

  it('has one run of a nodeId at a time', async () => {
    const { table, events } = tableOf('b')
    const [first, second] = [end('a', true, 1), end('a', true, 2, 'r2')]
    table.add(first.connection)
    expect(table.add(second.connection)).toBe(false)
    expect(await table.admits(second.connection.hello!)).toBe(true)
    expect(table.add(second.connection)).toBe(true)
    expect([first.calls, events]).toEqual([['cut'], ['up a', 'down a', 'up a']])
  })

  it('keeps few connections of one peer, however many it opens', () => {
    const { table } = tableOf('b')
    const ends = Array.from({ length: 10 }, (_, number) => end('a', false, number + 1))
    for (const { connection } of ends) table.add(connection)
    expect(ends.filter(({ calls }) => calls.includes('cut')).length).toBe(6)
  })
})
