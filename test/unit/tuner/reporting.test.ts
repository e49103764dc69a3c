import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '#codec/frame'
import type { NodeId, RunId } from '#core/identity'
import type { Measurements } from '#core/protocol'
import type { HeardCoordinator } from '#node/tuner-port'
import { Reporting, type ReportingPort } from '#tuner/reporting'

const H = 1_000
const nodeId = 'node-003' as NodeId
const heard = (name: string, silentMs: number): HeardCoordinator => ({
  nodeId: name as NodeId,
  runId: `run of ${name}` as RunId,
  silentMs,
})

/** One observing node; whom it follows, and since when that one has been silent, is for the test to say. */
class Observer {
  coordinator: HeardCoordinator | undefined
  readonly sent: { readonly to: string; readonly atMs: number; readonly measurements: Measurements }[] = []
  readonly reporting = new Reporting()
  nowMs = 0

  /** A second in which so many requests succeeded. */
  beat(good: number): void {
    const sinceMs = this.nowMs
    this.nowMs += H
    if (good > 0) this.reporting.add([{ metric: 'ok', good, bad: 0, buckets: [] }], sinceMs)
    const port: ReportingPort = {
      nodeId,
      members: 3,
      coordinator: this.coordinator,
      observers: [],
      report: (to, measurements) => this.sent.push({ to, atMs: this.nowMs, measurements }),
    }
    this.reporting.beat(port, this.nowMs)
  }

  /** Successes in each report, and the time that it is of, since the last call. */
  get reports(): (readonly [to: string, good: number, elapsedMs: number])[] {
    return this.sent
      .splice(0)
      .map(({ to, measurements: { elapsedMs, metrics } }) => [to, metrics[0]?.good ?? 0, elapsedMs])
  }
}

describe('what an observing node reports', () => {
  it('goes to the coordinator once, as long as that one is heard', () => {
    const node = new Observer()
    node.coordinator = heard('node-001', 100)
    for (const good of [1, 2, 4]) node.beat(good)
    node.coordinator = heard('node-002', 100)
    node.beat(8)
    expect(node.reports).toEqual([
      ['node-001', 1, H],
      ['node-001', 2, H],
      ['node-001', 4, H],
      // The last report to the one before was not followed by a sign of life.
      ['node-002', 12, 2 * H],
    ])
  })

  it('is sent again to the next one, when it was sent into silence or there was nobody', () => {
    const node = new Observer()
    node.coordinator = heard('node-001', 100)
    node.beat(1)
    for (const [index, good] of [2, 4, 8].entries()) {
      node.coordinator = heard('node-001', 600 + index * H)
      node.beat(good)
    }
    node.coordinator = undefined
    node.beat(16)
    expect(node.reports.map(([, good]) => good)).toEqual([1, 2, 4, 8])
    node.coordinator = heard('node-002', 0)
    node.beat(32)
    // All but the first, after which node-001 was heard once more.
    expect(node.reports).toEqual([['node-002', 62, 5 * H]])
  })

  it('counts also where the same node begins anew', () => {
    const node = new Observer()
    node.coordinator = heard('node-001', 100)
    node.beat(1)
    node.coordinator = { ...heard('node-001', 0), runId: 'another run' as RunId }
    node.beat(2)
    expect(node.reports).toEqual([
      ['node-001', 1, H],
      ['node-001', 3, 2 * H],
    ])
  })

  it('is not sent again when it is of another value', () => {
    const node = new Observer()
    node.coordinator = heard('node-001', 100)
    node.beat(1)
    node.reporting.changed(node.nowMs + 500)
    node.coordinator = heard('node-001', 1_000)
    node.beat(2)
    node.coordinator = heard('node-001', 2_000)
    node.beat(4)
    node.coordinator = heard('node-002', 0)
    node.beat(8)
    expect(node.reports.at(-1)).toEqual(['node-002', 12, 2 * H])
  })

  it('is forgotten after ten reports: what is older says nothing about now', () => {
    const node = new Observer()
    for (let beat = 0; beat < 100; beat++) node.beat(1)
    node.coordinator = heard('node-001', 0)
    node.beat(1)
    expect(node.reports).toEqual([['node-001', 11, 11 * H]])
  })

  it('after a quiet day is of the last beat, and the coordinator knows from the start who is with it', () => {
    const node = new Observer()
    node.coordinator = heard('node-001', 100)
    node.beat(0)
    for (let hour = 0; hour < 30; hour++) {
      node.nowMs += 60 * 60 * H
      node.beat(0)
    }
    node.beat(5)
    expect(node.reports).toEqual([
      ['node-001', 0, 0],
      ['node-001', 5, H],
    ])
  })

  it('of a process that stood still for days is of an hour, which the wire takes', () => {
    const node = new Observer()
    node.coordinator = heard('node-001', 100)
    node.beat(1)
    node.reporting.add([{ metric: 'ok', good: 2, bad: 0, buckets: [] }], node.nowMs)
    node.nowMs += 48 * 60 * 60 * H
    node.beat(4)
    const { measurements } = node.sent.at(-1)!
    expect(measurements).toMatchObject({ elapsedMs: 60 * 60 * H, metrics: [{ good: 6 }] })
    const frame = decodeFrame(encodeFrame([{ type: 'measurements', measurements }], 1_024).bytes)
    expect(frame.outcome).not.toBe('rejected')
  })

  it('is the own of whoever becomes the coordinator', () => {
    const node = new Observer()
    node.coordinator = heard('node-001', 100)
    node.beat(1)
    node.coordinator = heard('node-001', 500)
    node.beat(2)
    node.coordinator = undefined
    node.beat(4)
    const { metrics, sinceMs } = node.reporting.takeAll(node.nowMs)
    expect(metrics).toEqual([{ metric: 'ok', good: 6, bad: 0, buckets: [] }])
    expect(sinceMs).toBe(H)
  })
})
