import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { Downstream } from '#cli/demo/tune/downstream'
import { WorkerPool } from '#cli/demo/tune/worker-pool'
import { MemoryNetwork } from '#mesh/memory'
import type { ConfigSync } from '#node/api'
import { ConfigSyncManager } from '#node/manager'
import { defineParameters, parameter } from '#node/parameters'
import type { Controller } from '#sim/tuning/controller'
import type { Values } from '#sim/tuning/workload'
import { AutoTuner } from '#tuner/auto-tuner'
import { MetricSet } from '#tuner/metric-set'
import { meetsAll } from '#tuner/score'
import { splitName, TUNER_PRIORITY } from '#tuner/tunables'
import { measuredOf, windowOf } from '#tuner/window'
import type { RealWorkload } from './real-workloads.ts'

/** With the preset `test` a window is a second. */
const WINDOW_MS = 1_000

const NODES = 2

/** Real managers, tuners, threads and timers. */
export class RealWork {
  private readonly workload: RealWorkload
  private readonly nodes: ConfigSync[] = []
  private readonly tuners: AutoTuner[] = []
  private readonly pools: WorkerPool[] = []
  private readonly running: number[] = []
  private downstream: Downstream
  private measured = new MetricSet()
  private controller: Controller | undefined
  private stopped = false

  constructor(workload: RealWorkload) {
    this.workload = workload
    this.downstream = new Downstream(workload.downstream[0])
  }

  /** @param by who moves the parameters: the tuners of the nodes, one of the other controllers, or nobody */
  async start(values: Values, by: 'tuner' | 'nobody' | Controller): Promise<void> {
    const { objective, tunables } = this.workload
    if (typeof by === 'function') this.controller = by
    const declared = (name: string) => {
      const { min, max, step } = tunables.find((one) => one.name === name)!
      const schema = z.number().int().min(min).max(max)
      return parameter(schema, { default: values[name]!, tune: { min, max, step, whenMissed: 'lower' } })
    }
    const parameters = defineParameters({
      work: { concurrency: declared('work.concurrency'), batch_size: declared('work.batch_size') },
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
      if (by === 'tuner') tuner.start()
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

  /** Published as a tuner publishes. */
  async set(values: Values): Promise<void> {
    for (const [name, value] of Object.entries(values))
      if (value !== this.values[name])
        await this.nodes[0]!.publishUpdate(...splitName(name), value, { priority: TUNER_PRIORITY })
  }

  get values(): Values {
    return Object.fromEntries(this.workload.tunables.map(({ name }) => [name, this.setting(0, splitName(name)[1])]))
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
      if (this.controller) await this.set(this.controller(this.values, this.measured).values)
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
