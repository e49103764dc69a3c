import { describe, expect, it } from 'vitest'
import { decodeFrame } from '#codec/frame'
import type { Message } from '#core/protocol'
import type { DeliverySample } from '#mesh/delivery'
import { AdapterMesh, id, updates, type Wiretap, write } from './adapter-fixture.ts'

const pull: Message = {
  type: 'pullRequest',
  request: { session: 1, seen: [], snapshot: undefined, cursor: undefined, full: false, union: false, columns: true },
}

const PROBE: Message = { type: 'probe' }

function contentOf({ bytes }: Wiretap): string[] {
  const frame = decodeFrame(bytes)
  return frame.outcome === 'decoded' ? [...frame.messages, ...frame.controls].map(({ type }) => type) : []
}

const asksReceipt = (frame: Wiretap): boolean => contentOf(frame).includes('receiptRequest')

describe('measured broadcasts', () => {
  it('take the time from the oldest update handed over until the receipt', async () => {
    const mesh = new AdapterMesh()
    mesh.network.setFaults({ delayMs: 10 })
    const [a] = [await mesh.node('a', { settings: { receiptEvery: 1 } }), await mesh.node('b')]
    a.adapter.broadcast(updates(write(1)))
    mesh.scheduler.advanceBy(20)
    expect(a.adapter.delivery()).toMatchObject({ p50Ms: 20, p99Ms: 20, successRate: 1, receipts: 1, retries: 0 })
    a.adapter.broadcast(updates(write(2)))
    a.adapter.broadcast(updates(write(3)))
    mesh.scheduler.advanceBy(30)
    // The third waited 5 ms in the batch.
    expect(a.adapter.delivery()).toMatchObject({ p50Ms: 20, p95Ms: 25, p99Ms: 25, receipts: 3 })
  })

  it('are one frame in n, and one a second where there are fewer', async () => {
    const mesh = new AdapterMesh()
    const [a] = [await mesh.node('a', { settings: { receiptEvery: 10 } }), await mesh.node('b')]
    for (let i = 0; i < 31; i++) a.adapter.broadcast(PROBE)
    expect(mesh.sent('a', 'b').filter(asksReceipt)).toHaveLength(4)
    mesh.wire.length = 0
    for (let i = 0; i < 10; i++) {
      mesh.scheduler.advanceBy(500)
      a.adapter.broadcast(PROBE)
    }
    expect(mesh.sent('a', 'b').filter(asksReceipt)).toHaveLength(5)
  })

  it('begin with the first frame that somebody can receive', async () => {
    const mesh = new AdapterMesh()
    const a = await mesh.node('a')
    a.adapter.broadcast(PROBE)
    await mesh.node('b')
    a.adapter.broadcast(PROBE)
    mesh.scheduler.advanceBy(1)
    expect(a.adapter.delivery().receipts).toBe(1)
  })

  it('are sent again until the receipt comes, and the wait counts', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a', { settings: { retryIntervalMs: 100 } }), await mesh.node('b')]
    mesh.passes = ({ atMs }) => atMs >= 200
    a.adapter.broadcast(updates(write(1)))
    mesh.scheduler.advanceBy(1_000)
    expect(b.heard.map(({ atMs }) => atMs)).toEqual([200])
    expect(a.adapter.delivery()).toMatchObject({ p50Ms: 200, successRate: 1, retries: 2 })
  })

  it('say where the time went: in the batch, waiting in this process, for what was lost; the rest is the wire', async () => {
    const mesh = new AdapterMesh()
    mesh.network.setFaults({ delayMs: 10 })
    const carrier = mesh.network.mesh()
    const broadcast = carrier.broadcast.bind(carrier)
    // A peer that reads slowly: each frame waits 30 ms in its socket.
    carrier.broadcast = (frame, watched) => {
      broadcast(frame)
      if (watched) mesh.scheduler.schedule(30, () => watched.onLeft())
    }
    const samples: DeliverySample[] = []
    const settings = { receiptEvery: 1, retryIntervalMs: 100, batchTimeLimitMs: 5 }
    const onDelivery = (sample: DeliverySample) => void samples.push(sample)
    const [a] = [await mesh.node('a', { settings, mesh: carrier }, { onDelivery }), await mesh.node('b')]
    a.adapter.broadcast(updates(write(1)))
    a.adapter.broadcast(updates(write(2)))
    mesh.scheduler.advanceBy(50)
    mesh.passes = ({ atMs }) => atMs >= 150
    a.adapter.broadcast(updates(write(3)))
    mesh.scheduler.advanceBy(400)
    expect(samples).toEqual([
      { elapsedMs: 20, batchMs: 0, queueMs: 0, lostMs: 0, retries: 0 },
      { elapsedMs: 25, batchMs: 5, queueMs: 0, lostMs: 0, retries: 0 },
      { elapsedMs: 120, batchMs: 0, queueMs: 30, lostMs: 70, retries: 1 },
    ])
  })

  it('tell the clock of a peer by both ways alone, not by the wait for the peers before it', async () => {
    const mesh = new AdapterMesh()
    mesh.network.setFaults({ delayMs: 10 })
    const carrier = mesh.network.mesh()
    const broadcast = carrier.broadcast.bind(carrier)
    // Writing to those before it took 6 ms.
    carrier.broadcast = (frame, watched) => {
      mesh.scheduler.schedule(6, () => {
        watched?.onTurn()
        broadcast(frame)
      })
    }
    const wallClock = () => 1e12 + Math.floor(mesh.scheduler.nowMs())
    const options = { wallClock, settings: { receiptEvery: 1 } }
    const [a] = [await mesh.node('a', { ...options, mesh: carrier }), await mesh.node('b', options)]
    for (let i = 0; i < 40; i++) {
      a.adapter.broadcast(PROBE)
      mesh.scheduler.advanceBy(27.3)
    }
    expect(Math.abs(a.adapter.clockOffsets.of(id('b'))!)).toBeLessThan(0.5)
  })

  it('fail after maxRetries, which can be changed while it runs', async () => {
    const mesh = new AdapterMesh()
    const [a] = [await mesh.node('a', { settings: { receiptEvery: 1, retryIntervalMs: 100 } }), await mesh.node('b')]
    mesh.passes = () => false
    a.adapter.broadcast(PROBE)
    mesh.scheduler.advanceBy(399)
    expect(a.adapter.delivery()).toMatchObject({ successRate: undefined, retries: 3 })
    mesh.scheduler.advanceBy(1)
    expect(a.adapter.delivery()).toMatchObject({ successRate: 0, p50Ms: undefined })
    a.adapter.configure({ maxRetries: 0, retryIntervalMs: 50 })
    a.adapter.broadcast(PROBE)
    mesh.scheduler.advanceBy(50)
    expect(a.adapter.delivery().retries).toBe(3)
    mesh.passes = () => true
    for (let i = 0; i < 2; i++) a.adapter.broadcast(PROBE)
    mesh.scheduler.advanceBy(1)
    expect(a.adapter.delivery().successRate).toBe(0.5)
  })

  it('are no failure when the peer has gone, and leave no timer behind', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a'), await mesh.node('b')]
    mesh.passes = () => false
    a.adapter.broadcast(PROBE)
    await b.adapter.stop()
    mesh.scheduler.advanceBy(10_000)
    expect(a.adapter.delivery()).toMatchObject({ successRate: undefined, retries: 0 })
    a.adapter.broadcast(PROBE)
    await a.adapter.stop()
    expect(mesh.scheduler.pending).toBe(0)
  })

  it('are forgotten after a minute', async () => {
    const mesh = new AdapterMesh()
    const [a] = [await mesh.node('a'), await mesh.node('b')]
    a.adapter.broadcast(PROBE)
    mesh.scheduler.advanceBy(60_000)
    expect(a.adapter.delivery().successRate).toBe(1)
    mesh.scheduler.advanceBy(1)
    expect(a.adapter.delivery()).toMatchObject({ successRate: undefined, p50Ms: undefined, receipts: 1 })
  })
})

describe('unicast', () => {
  it('is handled once although its receipt was lost and it was sent again', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a', { settings: { retryIntervalMs: 100 } }), await mesh.node('b')]
    mesh.passes = ({ from, atMs }) => from === 'a' || atMs >= 300
    a.adapter.send(id('b'), pull)
    mesh.scheduler.advanceBy(10_000)
    expect(b.heard).toHaveLength(1)
    expect(b.adapter.counters().duplicates).toBe(3)
    expect(mesh.sent('a', 'b').map(({ atMs }) => atMs)).toEqual([0, 100, 200, 300])
  })

  it('of answers is not confirmed, and carries the receipt for the question', async () => {
    const mesh = new AdapterMesh()
    const a = await mesh.node('a')
    const b = await mesh.node('b')
    b.adapter.onMessage((from) => b.adapter.send(from, { type: 'leave', runId: b.adapter.runId }))
    a.adapter.send(id('b'), PROBE)
    mesh.scheduler.advanceBy(10_000)
    expect(mesh.sent('b', 'a').map(contentOf)).toEqual([['leave', 'receipt']])
    expect(mesh.sent('a', 'b').map(contentOf)).toEqual([['probe', 'receiptRequest']])
    expect(a.adapter.delivery()).toMatchObject({ successRate: undefined, retries: 0 })
  })

  it('of a question is given up when a newer one takes its place', async () => {
    const mesh = new AdapterMesh()
    const a = await mesh.node('a', { settings: { retryIntervalMs: 100 } })
    await mesh.node('b')
    await mesh.node('c')
    mesh.passes = ({ to }) => to !== 'b'
    a.adapter.send(id('b'), pull)
    mesh.scheduler.advanceBy(150)
    a.adapter.send(id('c'), pull)
    mesh.scheduler.advanceBy(10_000)
    expect(mesh.sent('a', 'b').map(({ atMs }) => atMs)).toEqual([0, 100])
    expect(mesh.sent('a', 'c')).toHaveLength(1)
  })

  it('of the same number by a later run of a peer is handled', async () => {
    const mesh = new AdapterMesh()
    const b = await mesh.node('b')
    for (const random of [0.1, 0.2]) {
      const a = await mesh.node('a', { random: () => random })
      a.adapter.send(id('b'), PROBE)
      mesh.scheduler.advanceBy(10)
      await a.adapter.stop()
      mesh.scheduler.advanceBy(10)
    }
    expect(b.heard).toHaveLength(2)
  })
})
