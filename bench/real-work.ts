import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { Downstream, type DownstreamOptions } from '#cli/demo/tune/downstream'
import { WorkerPool } from '#cli/demo/tune/worker-pool'
import { MemoryNetwork } from '#mesh/memory'
import type { ConfigSync } from '#node/api'
import { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import type { Values } from '#sim/tuning/workload'
import { AutoTuner } from '#tuner/auto-tuner'
import { MetricSet } from '#tuner/metric-set'
import type { Objective } from '#tuner/objective'
import { meetsAll } from '#tuner/score'
import { measuredOf, windowOf } from '#tuner/window'

/** With the preset `test` a window is a second. */
export const WINDOW_MS = 1_000

/** A program that does real work on two nodes: CPU in worker threads, then a call of a service that has a capacity. */
export interface RealWorkload {
  readonly name: string
  readonly objective: Objective
  readonly bounds: Readonly<Record<'concurrency' | 'batch_size', readonly [min: number, max: number]>>
  /** what is swept, and where tuning starts */
  readonly settings: readonly Values[]
  readonly starts: readonly Values[]
  readonly downstream: readonly [before: DownstreamOptions, after: DownstreamOptions]
}

const NODES = 2
const ONCE: DownstreamOptions = { slots: 12, callMs: 20, itemMs: 0, contention: 0.1, queueMax: 200 }
const BATCHES: DownstreamOptions = { slots: 6, callMs: 30, itemMs: 0.5, contention: 0.1, queueMax: 200 }

const goals = (p95AtMost: number): Objective['goals'] => [
  { metric: 'request_ms', p95AtMost },
  { metric: 'request_ok', rateAtLeast: 0.99 },
  { metric: 'request_ms', raise: 'throughput' },
]
const at = (concurrency: number, batchSize: number): Values => ({
  'work.concurrency': concurrency,
  'work.batch_size': batchSize,
})

export const REAL_WORKLOADS: readonly RealWorkload[] = [
  {
    name: 'requests',
    objective: { name: 'work', goals: goals(60), parameters: ['work.concurrency'], strategy: 'gradient' },
    bounds: { concurrency: [1, 100], batch_size: [1, 2] },
    settings: [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30].map((n) => at(n, 1)),
    starts: [at(1, 1), at(60, 1)],
    downstream: [ONCE, { ...ONCE, slots: 8 }],
  },
  {
    name: 'batches',
    objective: {
      name: 'work',
      goals: goals(120),
      parameters: ['work.batch_size', 'work.concurrency'],
      strategy: 'search',
    },
    bounds: { concurrency: [1, 30], batch_size: [1, 400] },
    settings: [40, 60, 80, 100, 130].flatMap((batch) => [2, 3, 4, 6].map((n) => at(n, batch))),
    starts: [at(1, 20), at(12, 200)],
    downstream: [BATCHES, { ...BATCHES, callMs: 45 }],
  },
]

/** Real managers, tuners, threads and timers. */
export class RealWork {
  private readonly workload: RealWorkload
  private readonly nodes: ConfigSync[] = []
  private readonly tuners: AutoTuner[] = []
  private readonly pools: WorkerPool[] = []
  private readonly running: number[] = []
  private downstream: Downstream
  private measured = new MetricSet()
  private stopped = false

  constructor(workload: RealWorkload) {
    this.workload = workload
    this.downstream = new Downstream(workload.downstream[0])
  }

  async start(values: Values, tuned: boolean): Promise<void> {
    const { bounds, objective } = this.workload
    const number = (name: keyof typeof bounds) => {
      const [min, max] = bounds[name]
      const preset = values[`work.${name}`]!
      return parameter(z.number().int().min(min).max(max), {
        default: preset,
        tune: { min, max, step: 1, whenMissed: 'lower' },
      })
    }
    const parameters = defineParameters({
      work: { concurrency: number('concurrency'), batch_size: number('batch_size') },
    })
    const network = new MemoryNetwork()
    for (let i = 0; i < NODES; i++) {
      const manager = new ConfigSyncManager({
        nodeId: `node-${i + 1}`,
        cluster: 'bench',
        mesh: network.mesh(),
        parameters,
        preset: 'test',
      })
      await manager.start()
      // Names that are put together are none that the compiler knows.
      const node = manager as unknown as ConfigSync
      this.nodes.push(node)
      const tuner = new AutoTuner({ configSyncManager: node, objectives: [objective] })
      this.tuners.push(tuner)
      const call = (items: number) => this.downstream.call(items)
      this.pools.push(
        new WorkerPool({ threads: 1, limits: { concurrency: 0, batchSize: 1, batchTimeLimitMs: 0 }, call }),
      )
      this.running.push(0)
      if (tuned) tuner.start()
      node.on('change', () => this.fill(i))
      this.fill(i)
    }
  }

  /** As many requests under way on a node as its parameter says: each is followed by the next. */
  private fill(node: number): void {
    while (!this.stopped && this.running[node]! < this.setting(node, 'concurrency')) {
      this.running[node]!++
      void this.request(node).then(() => {
        this.running[node]!--
        // A turn of the event loop between them, or a downstream that refuses at once would be asked without end.
        setImmediate(() => this.fill(node))
      })
    }
  }

  private setting(node: number, name: string): number {
    return this.nodes[node]!.get('work', name) as number
  }

  private async request(node: number): Promise<void> {
    const batchSize = this.setting(node, 'batch_size')
    const pool = this.pools[node]!
    // Nothing is begun until the batch is together.
    pool.limits = { concurrency: 0, batchSize, batchTimeLimitMs: 0 }
    const jobs = Array.from({ length: batchSize }, () => pool.run('job'))
    pool.limits = { concurrency: Number.POSITIVE_INFINITY, batchSize, batchTimeLimitMs: 0 }
    const times = await Promise.all(jobs)
    for (const { totalMs, ok } of times)
      for (const set of [this.measured, this.tuners[node]!]) {
        if (ok) set.observe('request_ms', totalMs)
        set.observe('request_ok', ok)
      }
  }

  change(): void {
    this.downstream = new Downstream(this.workload.downstream[1])
  }

  async set(values: Values): Promise<void> {
    for (const [name, value] of Object.entries(values))
      await this.nodes[0]!.publishUpdate('work', name.split('.')[1]!, value, {
        priority: -100,
      })
  }

  get values(): string {
    return `${this.setting(0, 'batch_size')} × ${this.setting(0, 'concurrency')}`
  }

  /** The throughput of each of the next windows in which every goal was met to the letter; 0 for the others. */
  async windows(count: number): Promise<{ readonly goodput: number }[]> {
    const windows: { readonly goodput: number }[] = []
    for (let i = 0; i < count; i++) {
      this.measured = new MetricSet()
      const sinceMs = performance.now()
      await sleep(WINDOW_MS)
      const { objective } = this.workload
      const measured = measuredOf(objective, windowOf(this.measured, performance.now() - sinceMs))
      windows.push({ goodput: meetsAll(objective, measured) ? (measured.throughput ?? 0) : 0 })
    }
    return windows
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const tuner of this.tuners) tuner.stop()
    await Promise.all(this.pools.map((pool) => pool.close()))
    await Promise.all(this.nodes.map((node) => node.stop()))
  }
}
