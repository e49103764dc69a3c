import { afterEach, describe, expect, it } from 'vitest'
import { decodeFrame } from '#codec/frame'
import type { MetricView } from '#tuner/metric-set'
import { H, TunedMesh, WINDOW_MS } from './tuned-mesh.ts'

let tuned: TunedMesh
afterEach(() => tuned.mesh.stop())

const SEEDS = [1, 2, 3, 4, 5]

interface SeenWindow {
  readonly note: string
  readonly atMs: number
  readonly measured: MetricView | undefined
}

/** The windows that a node closes as the coordinator, from now on. */
function windowsOf(index: number): SeenWindow[] {
  const windows: SeenWindow[] = []
  tuned.tuners[index]!.on('window', ({ mode }) => {
    if (mode !== 'active') return
    const { note, goals } = tuned.statusOf(index)
    windows.push({ note, atMs: tuned.mesh.scheduler.nowMs(), measured: goals[0]!.measured })
  })
  return windows
}

/** The coordinator dies at any phase of the heartbeats of the others. */
async function killed(): Promise<number> {
  tuned.mesh.runAtRandom(H)
  await tuned.mesh.crash(tuned.mesh.nodes[0]!)
  return tuned.mesh.scheduler.nowMs()
}

function isMeasurements(frame: Uint8Array): boolean {
  const decoded = decodeFrame(frame)
  return decoded.outcome !== 'rejected' && decoded.messages.some(({ type }) => type === 'measurements')
}

describe('what is measured while there is no coordinator', () => {
  it.each(SEEDS)('is in the first window of the next one, of all nodes alike (seed %i)', async (seed) => {
    tuned = await TunedMesh.of(4, seed)
    await tuned.windows(1)
    const windows = windowsOf(1)
    const killedMs = await killed()
    await tuned.until('the successor decides', 3.5 * H + WINDOW_MS + 2 * H, () => windows.length > 0)
    const [{ note, atMs, measured }] = windows as [SeenWindow]
    expect(note).not.toMatch(/^window skipped/)
    // Three nodes live, each with 20 requests at once every second. The last ones are reported in the next window, and up to two
    // beats of before the kill were not heard of any more.
    const perSecond = 3 * tuned.requestsPerSecond
    const since = Math.floor((atMs - killedMs) / 1_000)
    expect(measured!.samples, `seed ${seed}`).toBeGreaterThanOrEqual(perSecond * (since - 1))
    expect(measured!.samples, `seed ${seed}`).toBeLessThanOrEqual(perSecond * (since + 3))
    expect(measured!.perSecond, `seed ${seed}`).toBeGreaterThan(0.9 * perSecond)
    expect(measured!.perSecond, `seed ${seed}`).toBeLessThan(1.15 * perSecond)
  })

  it('makes no window of a part of the nodes: it is skipped while one of them has not reported to the new coordinator', async () => {
    tuned = await TunedMesh.of(3, 1)
    await tuned.windows(1)
    const windows = windowsOf(1)
    tuned.mesh.network.filter = (from, to, frame) =>
      !(from === 'node-003' && to === 'node-002' && isMeasurements(frame))
    await killed()
    await tuned.until('the first window', 3.5 * H + WINDOW_MS + 2 * H, () => windows.length > 0)
    expect(windows[0]!.note).toBe('window skipped: node-003 has not reported to this coordinator yet')
    tuned.mesh.network.filter = undefined
    await tuned.windows(1)
    expect(windows[1]!.note).not.toMatch(/^window skipped/)
  })

  it('waits for nobody who has nothing to report', async () => {
    tuned = await TunedMesh.of(3, 2)
    tuned.requestsPerSecond = 0
    await tuned.windows(1)
    const windows = windowsOf(1)
    await killed()
    await tuned.until('the first window', 3.5 * H + WINDOW_MS + 2 * H, () => windows.length > 0)
    expect(windows[0]!.note).toMatch(/^too few samples/)
  })
})
