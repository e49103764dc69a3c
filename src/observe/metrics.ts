import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { ConfigSync } from '#node/api'
import type { StatusView } from '#node/types'
import type { AutoTuner } from '#tuner/auto-tuner'
import { statusMetrics } from './status-metrics.ts'
import { tunerMetrics } from './tuner-metrics.ts'

export const METRICS_MEDIA_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/**
 * Seconds. One hop on a LAN is a millisecond or less, a repair a heartbeat or two, a healed partition minutes. 2 s is the bound that is alerted on:
 * a quantile within a bucket is a guess.
 */
const PROPAGATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300]
/** The event loop's histogram samples this often; its default of 10 ms would be most of an idle agent's work. */
const EVENT_LOOP_SAMPLE_MS = 100

/**
 * Prometheus metrics of one node, in a registry of their own. What happens often is counted as it happens; everything
 * else is read from `status()` when somebody asks.
 */
export class Metrics {
  readonly #sync: ConfigSync
  readonly #registry = new Registry()
  readonly #fromStatus: (status: StatusView) => void
  readonly #stopListening: readonly (() => void)[]
  readonly #refreshTuner: () => void

  constructor(sync: ConfigSync, tuner: AutoTuner) {
    this.#sync = sync
    const registers = [this.#registry]
    const ofTuner = tunerMetrics(tuner, registers)
    this.#refreshTuner = ofTuner.refresh
    const updates = new Counter({
      name: 'configsync_updates_total',
      help: 'Updates that changed something on this node, by where they were written',
      labelNames: ['origin'],
      registers,
    })
    const conflicts = new Counter({
      name: 'configsync_conflicts_total',
      help: 'Concurrent writes that met on this node',
      registers,
    })
    const propagation = new Histogram({
      name: 'configsync_propagation_seconds',
      help: 'From the write of an update on another node until components were told of it here, the offset between the two clocks taken off',
      buckets: PROPAGATION_BUCKETS,
      registers,
    })
    const unmeasured = new Counter({
      name: 'configsync_propagation_unmeasured_total',
      help: 'Updates left out of configsync_propagation_seconds: the offset of the clock of their writer is not known, or their stamp is not of its clock',
      registers,
    })
    const local = updates.labels('local')
    const remote = updates.labels('remote')
    // Known from the first scrape on, so that a rate over them is right.
    for (const counter of [local, remote]) counter.inc(0)
    let ready = false
    this.#stopListening = [
      ofTuner.stop,
      sync.on('ready', () => {
        ready = true
      }),
      sync.on('conflict', () => conflicts.inc()),
      sync.on('change', (event) => {
        const counter = event.source === 'local' ? local : remote
        counter.inc(event.changes.length)
        // What a node that starts is told of old writes says nothing of how fast they spread.
        const isNews = event.source === 'remote' || (event.source === 'repair' && ready)
        if (!isNews) return
        for (const { update } of event.changes) {
          const ageMs = sync.ageMs(update)
          if (ageMs === undefined) unmeasured.inc()
          else propagation.observe(ageMs / 1000)
        }
      }),
    ]
    this.#fromStatus = statusMetrics(registers)
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS })
  }

  /** Prometheus text format of this moment. */
  async text(): Promise<string> {
    this.#fromStatus(this.#sync.status())
    this.#refreshTuner()
    return this.#registry.metrics()
  }

  stop(): void {
    for (const stop of this.#stopListening) stop()
  }
}
