import { afterEach, describe, expect, it } from 'vitest'
import type { LinkFaults } from '#mesh/link-faults'
import { PRESETS, SETTINGS } from '#node/settings'
import { VirtualMesh } from '#sim/virtual-mesh'
import { AutoTuner } from '#tuner/auto-tuner'
import { MESH_OBJECTIVE } from '#tuner/mesh-objective'

let mesh: VirtualMesh
let tuners: AutoTuner[]
afterEach(() => mesh.stop())

const HOUR_S = 3_600
const TUNED = [
  'batchTimeLimitMs',
  'batchSizeLimit',
  'compressionThresholdBytes',
  'maxRetries',
  'retryIntervalMs',
] as const

async function started(nodes: number, seed: number, faults: Partial<LinkFaults> = {}): Promise<void> {
  mesh = await new VirtualMesh({ nodes, seed, faults }).start()
  mesh.until('there is a coordinator', 20_000, () => mesh.nodes[0]!.isCoordinator())
  tuners = mesh.nodes.map((configSyncManager) => new AutoTuner({ configSyncManager }))
  for (const tuner of tuners) tuner.start()
}

/** @param writesPerSecond by every node */
async function seconds(count: number, writesPerSecond: number): Promise<void> {
  for (let second = 0; second < count; second++) {
    for (let i = 0; i < writesPerSecond; i++) {
      for (const [index, node] of mesh.nodes.entries())
        void node.publishUpdate('jobs', `of_${index}`, `${second} ${i}`).catch(() => undefined)
      mesh.run(1_000 / writesPerSecond)
    }
    if (writesPerSecond === 0) mesh.run(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const statusOf = (tuner: AutoTuner) => tuner.status().objectives.find(({ name }) => name === MESH_OBJECTIVE)!

describe("the mesh's own delivery", () => {
  it('is tuned by five settings; the heartbeat interval is nobody’s to tune', async () => {
    await started(2, 1)
    expect(statusOf(tuners[0]!).parameters.map(({ name }) => name)).toEqual([
      'mesh.batch_time_limit_ms',
      'mesh.batch_size_limit',
      'mesh.compression_threshold_bytes',
      'mesh.max_retries',
      'mesh.retry_interval_ms',
    ])
    expect('tune' in SETTINGS.heartbeatIntervalMs && SETTINGS.heartbeatIntervalMs.tune).toBeFalsy()
  })

  it.each([
    ['idle', 0],
    ['busy', 2],
  ])('a healthy mesh that is %s keeps its defaults for 3 hours', async (_, writesPerSecond) => {
    await started(3, 2, { delayMs: [0.2, 2] })
    await seconds(3 * HOUR_S, writesPerSecond)
    for (const name of TUNED) {
      const { section, parameter } = SETTINGS[name]
      for (const node of mesh.nodes) expect(node.get(section, parameter)).toBe(PRESETS.lan[name])
    }
    expect(tuners.flatMap((tuner) => tuner.history())).toEqual([])
  })

  it('a network that loses much moves what owns the loss, and says so', async () => {
    await started(3, 3, { delayMs: [5, 20], lossRate: 0.3 })
    await mesh.nodes[0]!.publishUpdate('mesh', 'max_retries', 1, { priority: -100 })
    await seconds(400, 5)
    const history = tuners[0]!.history()
    expect(history.length).toBeGreaterThan(0)
    expect(new Set(history.map(({ parameter }) => parameter))).toContain('max_retries')
    expect(history.at(-1)!.reason).toMatch(/success rate under its goal.*message_send_ok/)
    expect(mesh.nodes.map((node) => node.get('mesh', 'max_retries'))).not.toContain(1)
    const { goals } = statusOf(tuners[0]!)
    expect(goals.map(({ measured }) => measured?.metric)).toEqual(['message_send_ms', 'message_send_ok'])
  })
})
