import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ConfigSync } from '#node/api'
import { defineParameters, parameter } from '#node/parameters'
import { VirtualMesh } from '#sim/virtual-mesh'
import { AutoTuner } from '#tuner/auto-tuner'
import type { Objective } from '#tuner/objective'

const parameters = defineParameters({
  pool: {
    concurrency: parameter(z.number().int().min(1).max(100), {
      default: 40,
      tune: { min: 1, max: 100, step: 1, whenMissed: 'lower' },
    }),
  },
})
const POOL: Objective = {
  name: 'pool',
  goals: [{ metric: 'request_ms', p95AtMost: 200 }],
  parameters: ['pool.concurrency'],
}

/** Every node answers 20 requests a second, each in 10 ms for each request that is served at a time. */
class Pool {
  readonly tuners: AutoTuner[]
  readonly mesh: VirtualMesh
  msPerConcurrent = 10

  constructor(mesh: VirtualMesh) {
    this.mesh = mesh
    this.tuners = mesh.nodes.map((node) => this.tunerOf(node as ConfigSync))
  }

  tunerOf(node: ConfigSync): AutoTuner {
    const tuner = new AutoTuner({ configSyncManager: node, objectives: [POOL] })
    tuner.start()
    return tuner
  }

  async windows(count: number): Promise<void> {
    for (let i = 0; i < count * 10 * 20; i++) {
      for (const [index, tuner] of this.tuners.entries()) {
        const concurrency = this.mesh.nodes[index]!.get('pool', 'concurrency') as number
        tuner.observe('request_ms', concurrency * this.msPerConcurrent * (0.9 + 0.2 * this.mesh.random()))
      }
      this.mesh.run(50)
      if (i % 20 === 0) await Promise.resolve()
    }
  }

  get values(): unknown[] {
    return this.mesh.live.map((node) => node.get('pool', 'concurrency'))
  }
}

describe('AutoTuner', () => {
  let mesh: VirtualMesh
  afterEach(() => mesh.stop())

  async function settled(nodes: number): Promise<Pool> {
    mesh = await new VirtualMesh({ nodes, seed: 1, node: { parameters } as never }).start()
    mesh.run(6_000)
    return new Pool(mesh)
  }

  it('is active on the coordinator and observes elsewhere', async () => {
    const pool = await settled(3)
    mesh.run(1_000)
    expect(pool.tuners.map(({ mode }) => mode)).toEqual(['active', 'observing', 'observing'])
  })

  it('moves a parameter until the goal is met, on all nodes alike', async () => {
    const pool = await settled(3)
    await pool.windows(40)
    expect(new Set(pool.values).size).toBe(1)
    expect(pool.values[0]).toBeLessThanOrEqual(22)
    expect(pool.values[0]).toBeGreaterThanOrEqual(12)
    const [last] = pool.tuners[2]!.history()
    expect(last).toMatchObject({ section: 'pool', nodeId: 'node-001', kind: 'adjust', objective: 'pool' })
  })
})
