import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '#codec/frame'
import type { Heartbeat, Message } from '#core/protocol'
import { AdapterMesh, group, id, sequencesHeard, updates, write } from './adapter-fixture.ts'

const beat = (nodeId: string): Message => ({ type: 'heartbeat', heartbeat: heartbeat(nodeId) })

const heartbeat = (nodeId: string): Heartbeat => ({
  nodeId: id(nodeId),
  runId: '00000000000000aa' as Heartbeat['runId'],
  number: 1,
  origin: undefined,
  intervalMs: 1000,
  wideJitter: false,
  candidate: true,
  epoch: 0,
  coordinator: false,
  digest: [0, 0],
  liveHash: [0, 0],
  recent: [],
  tunerMode: 'off',
  load: 0,
  cluster: 'test',
  protocolMin: 1,
  protocolMax: 1,
  declarationsHash: [0, 0],
  address: '',
  addresses: [],
})

describe('batching', () => {
  it('sends the first update after a quiet time before the call returns', async () => {
    const mesh = new AdapterMesh()
    const [a] = [await mesh.node('a'), await mesh.node('b')]
    a.adapter.broadcast(updates(write(1)))
    expect(mesh.sent('a', 'b')).toHaveLength(1)
    mesh.scheduler.advanceBy(5)
    a.adapter.broadcast(updates(write(2)))
    expect(mesh.sent('a', 'b')).toHaveLength(2)
  })

  it('gathers what follows within the time limit into one frame with one message', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a', { settings: { batchTimeLimitMs: 20 } }), await mesh.node('b')]
    for (let sequence = 1; sequence <= 5; sequence++) a.adapter.broadcast(updates(write(sequence)))
    mesh.scheduler.advanceBy(19)
    expect(sequencesHeard(b)).toEqual([[1]])
    mesh.scheduler.advanceBy(1)
    expect(sequencesHeard(b)).toEqual([[1], [2, 3, 4, 5]])
    expect(b.heard[1]!.atMs).toBe(20)
    expect(a.adapter.counters()).toMatchObject({ batches: 2, batchedUpdates: 5, batchWaitMs: 20 })
  })

  it('sends a full batch at once, and never more than the limit', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a', { settings: { batchSizeLimit: 4 } }), await mesh.node('b')]
    for (let sequence = 1; sequence <= 10; sequence++) a.adapter.broadcast(updates(write(sequence)))
    expect(mesh.sent('a', 'b')).toHaveLength(3)
    mesh.scheduler.advanceBy(5)
    expect(sequencesHeard(b)).toEqual([[1], [2, 3, 4, 5], [6, 7, 8, 9], [10]])
  })

  it('sends a batch of many bytes at once', async () => {
    const mesh = new AdapterMesh()
    const [a] = [await mesh.node('a'), await mesh.node('b')]
    for (let sequence = 1; sequence <= 4; sequence++) a.adapter.broadcast(updates(write(sequence, 'x'.repeat(30_000))))
    expect(mesh.sent('a', 'b')).toHaveLength(2)
  })

  it('never splits a group over the batch limit', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a', { settings: { batchSizeLimit: 4 } }), await mesh.node('b')]
    a.adapter.broadcast(updates(write(1)))
    a.adapter.broadcast(updates(write(2)))
    a.adapter.broadcast(updates(...group(3, 6)))
    mesh.scheduler.advanceBy(5)
    expect(sequencesHeard(b)).toEqual([[1], [2], [3, 4, 5, 6, 7, 8]])
  })

  it('lets a heartbeat take along what was gathered, updates first', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a'), await mesh.node('b')]
    a.adapter.broadcast(updates(write(1)))
    a.adapter.broadcast(updates(write(2)))
    a.adapter.broadcast(beat('a'))
    expect(mesh.sent('a', 'b')).toHaveLength(2)
    mesh.scheduler.advanceBy(5)
    expect(b.heard.map(({ message }) => message.type)).toEqual(['updates', 'updates', 'heartbeat'])
    expect(mesh.sent('a', 'b')).toHaveLength(2)
  })

  it('gathers longer under high load, from the next batch on', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a'), await mesh.node('b')]
    a.adapter.configure({ highLoad: true })
    a.adapter.broadcast(updates(write(1)))
    a.adapter.broadcast(updates(write(2)))
    mesh.scheduler.advanceBy(19)
    expect(b.heard).toHaveLength(1)
    mesh.scheduler.advanceBy(1)
    expect(b.heard).toHaveLength(2)
  })

  it('keeps settings within their bounds', async () => {
    const mesh = new AdapterMesh()
    const { adapter } = await mesh.node('a', { settings: { batchTimeLimitMs: -1, batchSizeLimit: 0 } })
    expect(adapter.settings).toMatchObject({ batchTimeLimitMs: 0, batchSizeLimit: 1, maxRetries: 3 })
    adapter.configure({ maxRetries: 1e9, retryIntervalMs: Number.NaN })
    expect(adapter.settings).toMatchObject({ maxRetries: 10, retryIntervalMs: 500 })
  })
})

describe('frames', () => {
  it('are compressed over the threshold, which can be changed while it runs', async () => {
    const mesh = new AdapterMesh()
    const [a] = [await mesh.node('a', { settings: { compressionThresholdBytes: 100_000 } }), await mesh.node('b')]
    a.adapter.broadcast(updates(write(1, 'x'.repeat(5_000))))
    a.adapter.configure({ compressionThresholdBytes: 1_000 })
    mesh.scheduler.advanceBy(5)
    a.adapter.broadcast(updates(write(2, 'x'.repeat(5_000))))
    const [plain, packed] = mesh.sent('a', 'b')
    expect(plain!.bytes.length).toBeGreaterThan(5_000)
    expect(packed!.bytes.length).toBeLessThan(500)
    expect(a.adapter.counters().framesCompressed).toBe(1)
  })

  it('of one small update take at most 150 bytes', async () => {
    const mesh = new AdapterMesh()
    const [a] = [await mesh.node('node-1'), await mesh.node('node-2')]
    a.adapter.broadcast(updates(write(1)))
    a.adapter.broadcast(updates(write(2)))
    mesh.scheduler.advanceBy(5)
    // The first asks for a receipt, the second does not.
    const [first, second] = mesh.sent('node-1', 'node-2').map(({ bytes }) => bytes.length)
    expect(first).toBeLessThanOrEqual(150)
    expect(second).toBeLessThan(first!)
  })

  it('are divided between groups when updates together are over the limit', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a'), await mesh.node('b')]
    const large = 'x'.repeat(700_000)
    a.adapter.broadcast(updates(write(1, large), ...group(2, 2, large), write(4, large)))
    mesh.scheduler.advanceBy(5)
    expect(sequencesHeard(b)).toEqual([[1], [2, 3], [4]])
    expect(a.rejected).toEqual([])
  })

  it('that cannot be divided are reported and not sent', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a'), await mesh.node('b')]
    a.adapter.broadcast(updates(write(1), ...group(2, 3, 'x'.repeat(900_000))))
    mesh.scheduler.advanceBy(5)
    expect(sequencesHeard(b)).toEqual([[1]])
    expect(a.rejected).toMatchObject([{ code: 'FRAME_TOO_LARGE', from: undefined }])
    expect(a.adapter.counters().rejected).toEqual({ FRAME_TOO_LARGE: 1 })
  })

  it('that are garbage, of a future version or over the limit are reported, and later ones still work', async () => {
    const mesh = new AdapterMesh()
    const a = await mesh.node('a')
    const raw = mesh.network.mesh()
    const silent = { onFrame() {}, onPeerUp() {}, onPeerDown() {}, onTrouble() {}, onTurnedAway() {} }
    await raw.start({ nodeId: id('b'), runId: a.adapter.runId, cluster: 'test' }, silent)
    mesh.scheduler.advanceBy(0)
    const good = encodeFrame([{ type: 'probe' }], 1024).bytes
    raw.send(id('a'), Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    raw.send(id('a'), Uint8Array.from([0xc1, 2, ...good.subarray(2)]))
    raw.send(id('a'), good)
    raw.send(id('a'), new Uint8Array(0))
    raw.send(id('a'), good)
    mesh.scheduler.advanceBy(1)
    expect(a.rejected.map(({ code, from }) => [code, from])).toEqual([
      ['FRAME_MALFORMED', 'b'],
      ['FRAME_VERSION', 'b'],
      ['FRAME_MALFORMED', 'b'],
    ])
    expect(a.heard).toHaveLength(2)
    expect(a.adapter.counters().rejected).toEqual({ FRAME_MALFORMED: 2, FRAME_VERSION: 1 })
  })

  it('let no peer speak for another', async () => {
    const mesh = new AdapterMesh()
    const [a, b] = [await mesh.node('a'), await mesh.node('b')]
    a.adapter.broadcast(beat('c'))
    mesh.scheduler.advanceBy(1)
    expect(b.heard).toEqual([])
    expect(b.rejected).toMatchObject([{ code: 'FRAME_MALFORMED', from: 'a' }])
  })

  it('reach every handler although one throws', async () => {
    const mesh = new AdapterMesh()
    const failing = () => {
      throw new Error('listener at fault')
    }
    const [a, b] = [await mesh.node('a'), await mesh.node('b', {}, { onMessage: failing })]
    const heard: Message[] = []
    b.adapter.onMessage((_, message) => heard.push(message))
    a.adapter.broadcast({ type: 'probe' })
    a.adapter.broadcast({ type: 'probe' })
    mesh.scheduler.advanceBy(1)
    expect(heard).toHaveLength(2)
    expect(b.troubles.map(({ code }) => code)).toEqual(['INTERNAL', 'INTERNAL'])
  })
})

describe('life', () => {
  it('sends nothing before start and after stop, what was gathered at stop, and starts again', async () => {
    const mesh = new AdapterMesh()
    const b = await mesh.node('b')
    const a = await mesh.node('a')
    a.adapter.broadcast(updates(write(1)))
    a.adapter.broadcast(updates(write(2)))
    await a.adapter.stop()
    a.adapter.broadcast(updates(write(3)))
    a.adapter.send(id('b'), { type: 'probe' })
    mesh.scheduler.advanceBy(10)
    expect(sequencesHeard(b)).toEqual([[1], [2]])
    await a.adapter.start({ onPeerUp: () => {}, onPeerDown: () => {}, onRejected: () => {}, onTrouble: () => {} })
    mesh.scheduler.advanceBy(0)
    a.adapter.broadcast(updates(write(4)))
    mesh.scheduler.advanceBy(10)
    expect(sequencesHeard(b)).toEqual([[1], [2], [4]])
  })

  it('passes a frame of messages on in the order in which they were written', () => {
    const frame = encodeFrame([updates(write(1)), beat('a'), { type: 'probe' }], 1024)
    const decoded = decodeFrame(frame.bytes)
    expect(decoded.outcome === 'decoded' && decoded.messages.map(({ type }) => type)).toEqual([
      'updates',
      'heartbeat',
      'probe',
    ])
  })
})
