import { describe, expect, it } from 'vitest'
import type { ConfigSyncError } from '#core/errors'
import type { NodeId, RunId } from '#core/identity'
import { MemoryNetwork, type MemoryNetworkOptions } from '#mesh/memory'
import type { Mesh } from '#mesh/mesh'
import { VirtualScheduler } from '#mesh/virtual-scheduler'

interface Station {
  readonly mesh: Mesh
  readonly frames: { readonly from: NodeId; readonly text: string; readonly atMs: number }[]
  readonly log: string[]
}

function world(options: Omit<MemoryNetworkOptions, 'scheduler'> = {}) {
  const scheduler = new VirtualScheduler()
  const network = new MemoryNetwork({ ...options, scheduler })
  const join = (nodeId: string, cluster = 'test', mesh = network.mesh()): Station => {
    const station: Station = { mesh, frames: [], log: [] }
    const identity = { nodeId: nodeId as NodeId, runId: '0123456789abcdef' as RunId, cluster }
    mesh
      .start(identity, {
        onFrame: (from, frame) => {
          station.frames.push({ from, text: Buffer.from(frame).toString(), atMs: scheduler.nowMs() })
        },
        onPeerUp: (peer) => station.log.push(`up ${peer}`),
        onPeerDown: (peer) => station.log.push(`down ${peer}`),
        onTrouble: (error, peer) => station.log.push(`${error.code} ${peer}`),
        onTurnedAway: ({ by }) => station.log.push(`turned away by ${by}`),
      })
      .catch((error: ConfigSyncError) => station.log.push(`refused ${error.code}`))
    return station
  }
  return { scheduler, network, join }
}

const bytes = (text: string): Uint8Array => Buffer.from(text)
const texts = (station: Station): string[] => station.frames.map((frame) => frame.text)

describe('MemoryNetwork', () => {
  it('delivers copies: neither the sender changing its bytes nor a receiver keeping them matters', () => {
    const { scheduler, join, network } = world({ faults: { delayMs: 10 } })
    const a = join('a')
    const kept: Uint8Array[] = []
    const b = network.mesh()
    void b.start(
      { nodeId: 'b' as NodeId, runId: '1' as RunId, cluster: 'test' },
      { onFrame: (_, frame) => kept.push(frame), onPeerUp() {}, onPeerDown() {}, onTrouble() {}, onTurnedAway() {} },
    )
    const c = join('c')
    scheduler.advanceTo(1)
    const frame = bytes('hello')
    a.mesh.broadcast(frame)
    frame.fill(0)
    scheduler.advanceTo(20)
    expect(texts(c)).toEqual(['hello'])
    expect([...kept[0]!]).toEqual([0, 0, 0, 0, 0])
  })

  it('draws the same history from the same seed, and another from another', () => {
    const history = (seed: number) => {
      const faults = { lossRate: 0.3, delayMs: [1, 40], duplicateRate: 0.2, reorderRate: 0.3 } as const
      const { scheduler, join } = world({ seed, faults })
      const [a, b] = [join('a'), join('b')]
      scheduler.advanceTo(1)
      for (let i = 0; i < 100; i++) a.mesh.broadcast(bytes(String(i)))
      scheduler.advanceTo(1_000)
      return b.frames
    }
    expect(history(7)).toEqual(history(7))
    expect(history(7)).not.toEqual(history(8))
  })

  it('loses, repeats and reorders about as often as told, and nothing when told nothing', () => {
    const arrivals = (faults: object) => {
      const { scheduler, join } = world({ seed: 3, faults: { delayMs: [5, 25], ...faults } })
      const [a, b] = [join('a'), join('b')]
      scheduler.advanceTo(1)
      for (let i = 0; i < 2_000; i++) {
        a.mesh.broadcast(bytes(String(i)))
        scheduler.advanceBy(0.1)
      }
      scheduler.advanceBy(1_000)
      return texts(b).map(Number)
    }
    expect(arrivals({})).toEqual(Array.from({ length: 2_000 }, (_, i) => i))
    const lost = 2_000 - arrivals({ lossRate: 0.2 }).length
    expect(lost).toBeGreaterThan(300)
    expect(lost).toBeLessThan(500)
    expect(arrivals({ duplicateRate: 0.5 }).length).toBeGreaterThan(2_800)
    const reordered = arrivals({ reorderRate: 0.2 })
    expect(reordered.length).toBe(2_000)
    expect(reordered.filter((n, i) => i > 0 && n < reordered[i - 1]!).length).toBeGreaterThan(100)
  })

  it('keeps the order of a link even when the delay falls from one frame to the next', () => {
    let delayMs = 50
    const { scheduler, join } = world({ faults: { delayMs: () => delayMs } })
    const [a, b] = [join('a'), join('b')]
    scheduler.advanceTo(1)
    a.mesh.broadcast(bytes('slow'))
    delayMs = 1
    a.mesh.broadcast(bytes('fast'))
    scheduler.advanceTo(100)
    expect(texts(b)).toEqual(['slow', 'fast'])
  })

  it('partitions silently, both ways or one, until healed', () => {
    const { scheduler, join, network } = world()
    const [a, b, c] = [join('a'), join('b'), join('c')]
    scheduler.advanceTo(1)
    network.partition(['a'], ['b'])
    a.mesh.broadcast(bytes('1'))
    network.heal()
    network.cut(['a'], ['b', 'c'])
    a.mesh.broadcast(bytes('2'))
    b.mesh.broadcast(bytes('3'))
    network.heal()
    a.mesh.broadcast(bytes('4'))
    scheduler.advanceTo(2)
    expect([texts(a), texts(b), texts(c)]).toEqual([['3'], ['4'], ['3', '4']])
    expect(a.log).toEqual(['up b', 'up c'])
  })

  it('asks the filter for each receiver', () => {
    const { scheduler, join, network } = world()
    const [a, b, c] = [join('a'), join('b'), join('c')]
    scheduler.advanceTo(1)
    network.filter = (_, to) => to !== 'b'
    a.mesh.broadcast(bytes('1'))
    scheduler.advanceTo(2)
    expect([texts(b), texts(c)]).toEqual([[], ['1']])
  })

  it('counts what each node sent and received', () => {
    const { scheduler, join, network } = world()
    const [a] = [join('a'), join('b'), join('c')]
    scheduler.advanceTo(1)
    a.mesh.broadcast(bytes('12345'))
    a.mesh.send('b' as NodeId, bytes('123'))
    scheduler.advanceTo(2)
    expect(network.counters('a')).toMatchObject({
      broadcasts: 1,
      unicasts: 1,
      framesSent: 3,
      bytesSent: 13,
      framesReceived: 0,
    })
    expect(network.counters('b')).toMatchObject({ framesReceived: 2, bytesReceived: 8, framesSent: 0 })
  })

  it('refuses a second live run of a nodeId on both sides, and lets the next run in after a stop', async () => {
    const { scheduler, join } = world()
    const [a, b, twin] = [join('a'), join('b'), join('a')]
    await Promise.resolve()
    scheduler.advanceTo(1)
    expect(twin.log).toEqual(['refused NODE_DUPLICATE'])
    expect(a.log).toContain('NODE_DUPLICATE a')
    await a.mesh.stop()
    const next = join('a', 'test', a.mesh)
    scheduler.advanceTo(2)
    expect(next.log).toEqual(['up b'])
    expect(b.log).toEqual(['up a', 'down a', 'up a'])
  })

  it('tells both sides of another cluster and keeps them apart', () => {
    const { scheduler, join } = world()
    const [a, stranger] = [join('a', 'prod'), join('b', 'staging')]
    scheduler.advanceTo(1)
    a.mesh.broadcast(bytes('secret'))
    scheduler.advanceTo(2)
    expect([a.log, stranger.log]).toEqual([
      ['CLUSTER_MISMATCH b', 'turned away by b'],
      ['CLUSTER_MISMATCH a', 'turned away by a'],
    ])
    expect(stranger.frames).toEqual([])
  })

  it('carries minutes of 64 nodes beating once a second, all of it', () => {
    const { scheduler, join, network } = world({ faults: { delayMs: [5, 25] } })
    const stations = Array.from({ length: 64 }, (_, i) => join(`n${i}`))
    const beat = (station: Station): void => {
      station.mesh.broadcast(bytes('beat'))
      scheduler.schedule(1_000, () => beat(station))
    }
    scheduler.schedule(1, () => {
      for (const station of stations) beat(station)
    })
    scheduler.advanceTo(60_500)
    expect(network.counters('n0').framesReceived).toBe(61 * 63)
  })
})
