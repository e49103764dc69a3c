import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigSync } from '#node/api'
import { Metrics } from '#observe/metrics'
import { AutoTuner } from '#tuner/auto-tuner'

type Listener = (event: never) => void

const delivery = {
  p50Ms: 2,
  p95Ms: 8,
  p99Ms: undefined,
  successRate: 0.5,
  retries: 11,
  framesSent: 5,
  framesReceived: 6,
  bytesSent: 700,
  bytesReceived: 800,
}
const status = {
  nodeId: 'node-1',
  cluster: 'prod',
  ready: true,
  epoch: 6,
  members: [
    { self: true, inStep: true, state: 'live', clockOffsetMs: 0 },
    { self: false, inStep: false, state: 'suspected', clockOffsetMs: -2_500 },
    { self: false, inStep: undefined, state: 'live', clockOffsetMs: undefined },
  ],
  isCoordinator: true,
  pendingUpdates: 2,
  load: 0.25,
  origins: 4,
  parameters: 9,
  repairs: 3,
  fullExchanges: 2,
  store: { name: 'sqlite', failure: 'STORE_FULL: no room' },
  divergences: 0,
  rejected: { FRAME_MALFORMED: 7 },
  delivery,
}

let listeners: Map<string, Listener>
let metrics: Metrics

beforeEach(() => {
  listeners = new Map()
  const on = (name: string, listener: Listener) => {
    listeners.set(name, listener)
    return () => void listeners.delete(name)
  }
  metrics = new Metrics({ on, status: () => status, ageMs } as unknown as ConfigSync, new AutoTuner())
})
afterEach(() => metrics.stop())

const emit = (name: string, event: unknown) => listeners.get(name)?.(event as never)
/** An age that is not known is that of a writer whose clock is not known. */
const ageMs = ({ ageMs: age }: { ageMs: number | undefined }) => age
const change = (source: string, ...agesMs: (number | undefined)[]) => ({
  source,
  changes: agesMs.map((age) => ({ update: { ageMs: age } })),
})
const sampleOf = async (name: string) => {
  const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`configsync_${name} `))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

describe('metrics', () => {
  it('counts updates by where they were written', async () => {
    emit('change', change('local', 0, 0))
    emit('change', change('remote', 0))
    emit('change', change('repair', 0, 0, 0))
    expect(await sampleOf('updates_total{origin="local"}')).toBe(2)
    expect(await sampleOf('updates_total{origin="remote"}')).toBe(4)
  })

  it('measures how old updates of other nodes are when they arrive, and counts those of which that is not known', async () => {
    emit('change', change('local', 50_000))
    emit('change', change('remote', 2_000, 0, undefined))
    expect(await sampleOf('propagation_unmeasured_total')).toBe(1)
    expect(await sampleOf('propagation_seconds_count')).toBe(2)
    expect(await sampleOf('propagation_seconds_bucket{le="0.001"}')).toBe(1)
    expect(await sampleOf('propagation_seconds_bucket{le="1"}')).toBe(1)
    expect(await sampleOf('propagation_seconds_bucket{le="5"}')).toBe(2)
    expect(await sampleOf('propagation_seconds_sum')).toBeCloseTo(2, 1)
  })

  it('counts repairs among them once the node is up to date, not what a start brings', async () => {
    emit('change', change('repair', 3_600_000))
    expect(await sampleOf('propagation_seconds_count')).toBe(0)
    emit('ready', { elapsedMs: 1 })
    emit('change', change('repair', 2_000))
    expect(await sampleOf('propagation_seconds_count')).toBe(1)
  })

  it('shows the status of now, the same at every scrape', async () => {
    emit('conflict', {})
    for (let scrape = 0; scrape < 2; scrape++) {
      expect(await sampleOf('conflicts_total')).toBe(1)
      expect(await sampleOf('members')).toBe(3)
      expect(await sampleOf('members_behind')).toBe(2)
      expect(await sampleOf('members_suspected')).toBe(1)
      expect(await sampleOf('clock_offset_seconds')).toBe(2.5)
      expect(await sampleOf('ready')).toBe(1)
      expect(await sampleOf('epoch')).toBe(6)
      expect(await sampleOf('info{node="node-1",cluster="prod"}')).toBe(1)
      expect(await sampleOf('message_send_seconds{quantile="0.95"}')).toBe(0.008)
      expect(await sampleOf('message_send_seconds{quantile="0.99"}')).toBeNaN()
      expect(await sampleOf('message_send_success_ratio')).toBe(0.5)
      expect(await sampleOf('message_retries_total')).toBe(11)
      expect(await sampleOf('coordinator')).toBe(1)
      expect(await sampleOf('pending_updates')).toBe(2)
      expect(await sampleOf('load')).toBe(0.25)
      expect(await sampleOf('origins')).toBe(4)
      expect(await sampleOf('parameters')).toBe(9)
      expect(await sampleOf('repairs_total')).toBe(3)
      expect(await sampleOf('full_exchanges_total')).toBe(2)
      expect(await sampleOf('store_failing')).toBe(1)
      expect(await sampleOf('divergence_total')).toBe(0)
      expect(await sampleOf('rejected_total{code="FRAME_MALFORMED"}')).toBe(7)
      expect(await sampleOf('frames_total{direction="sent"}')).toBe(5)
      expect(await sampleOf('frame_bytes_total{direction="received"}')).toBe(800)
    }
  })

  it('of two nodes in one process are kept apart', async () => {
    const other = new Metrics(
      { on: () => () => undefined, status: () => status } as unknown as ConfigSync,
      new AutoTuner(),
    )
    emit('change', change('local', 0))
    expect(await other.text()).toContain('configsync_updates_total{origin="local"} 0')
    other.stop()
  })
})
