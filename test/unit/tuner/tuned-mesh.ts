import { z } from 'zod'
import type { ConfigSync } from '#node/api'
import type { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import { VirtualMesh } from '#sim/virtual-mesh'
import { AutoTuner, type AutoTunerOptions } from '#tuner/auto-tuner'
import type { Objective } from '#tuner/objective'

export const H = 1_000
export const WINDOW_MS = 10_000

const parameters = defineParameters({
  pool: {
    concurrency: parameter(z.number().int().min(1).max(100), {
      default: 40,
      tune: { min: 1, max: 100, step: 1, whenMissed: 'lower' },
    }),
  },
})

export const POOL: Objective = {
  name: 'pool',
  goals: [{ metric: 'request_ms', p95AtMost: 200 }],
  parameters: ['pool.concurrency'],
}

/** A value of the parameter as it came into force on a node. */
export interface SeenValue {
  readonly value: unknown
  readonly by: string
  readonly epoch: number
}

/** Real nodes, each with a tuner and a pool whose requests take 10 ms for each that is served at a time. */
export class TunedMesh {
  readonly mesh: VirtualMesh
  readonly tuners: AutoTuner[] = []
  /** by node, in order */
  readonly seen: SeenValue[][] = []
  msPerConcurrent = 10
  requestsPerSecond = 20

  private constructor(mesh: VirtualMesh) {
    this.mesh = mesh
  }

  /** A mesh that knows its coordinator, at the beginning of a window. */
  static async of(nodes: number, seed: number, options: AutoTunerOptions = {}): Promise<TunedMesh> {
    const mesh = await new VirtualMesh({ nodes, seed, node: { parameters } as never }).start()
    const tuned = new TunedMesh(mesh)
    mesh.until('there is a coordinator', 10 * H, () => mesh.nodes[0]!.isCoordinator())
    mesh.run(5 * H)
    for (const node of mesh.nodes) tuned.add(node, options)
    return tuned
  }

  private add(node: ConfigSyncManager, options: AutoTunerOptions): void {
    const seen: SeenValue[] = []
    this.seen.push(seen)
    node.on('change', ({ changes }) => {
      for (const { section, value, update } of changes)
        if (section === 'pool') seen.push({ value, by: update.nodeId, epoch: update.epoch })
    })
    const tuner = new AutoTuner({ configSyncManager: node as ConfigSync, objectives: [POOL], ...options })
    tuner.start()
    this.tuners.push(tuner)
  }

  /** One second, with the requests of every live node in it. */
  async second(): Promise<void> {
    for (const [index, node] of this.mesh.nodes.entries()) {
      if (!this.mesh.live.includes(node)) continue
      const ms = (node.get('pool', 'concurrency') as number) * this.msPerConcurrent
      for (let i = 0; i < this.requestsPerSecond; i++)
        this.tuners[index]!.observe('request_ms', ms * (0.9 + 0.2 * this.mesh.random()))
    }
    this.mesh.run(1_000)
    // Windows end in promises.
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Milliseconds until the predicate holds, at seconds. */
  async until(what: string, limitMs: number, holds: () => boolean): Promise<number> {
    for (let ms = 0; ms <= limitMs; ms += 1_000) {
      if (holds()) return ms
      await this.second()
    }
    throw new Error(`seed ${this.mesh.seed}: not within ${limitMs} ms: ${what}`)
  }

  async windows(count: number): Promise<void> {
    for (let i = 0; i < (count * WINDOW_MS) / 1_000; i++) await this.second()
  }

  /** On the live nodes. */
  get values(): number[] {
    return this.mesh.live.map((node) => node.get('pool', 'concurrency') as number)
  }

  /** Of the objective of the pool, on a node. */
  statusOf(index: number) {
    return this.tuners[index]!.status().objectives.find(({ name }) => name === POOL.name)!
  }
}
