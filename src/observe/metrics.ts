import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ConfigSync } from '#node/api'
import type { StatusView } from '#node/types'
import type { AutoTuner } from '#tuner/auto-tuner'
import { tunerMetrics } from './tuner-metrics.ts'

export const METRICS_MEDIA_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** Seconds. One hop on a LAN is a millisecond, a repair a heartbeat or two, a healed partition minutes. */
const PROPAGATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
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

function statusMetrics(registers: Registry[]): (status: StatusView) => void {
  const gauge = (name: string, help: string) => new Gauge({ name: `configsync_${name}`, help, registers })
  const counter = (name: string, help: string) =>
    counterOf(new Counter({ name: `configsync_${name}`, help, registers }))
  const byDirection = (name: string, help: string) =>
    new Counter({ name: `configsync_${name}`, help, labelNames: ['direction'], registers })
  const members = gauge('members', 'Live members that this node knows, itself included')
  const behind = gauge('members_behind', 'Members that are not known to be in step with this node')
  const suspected = gauge('members_suspected', 'Members that are silent and have been asked')
  const clockOffset = gauge(
    'clock_offset_seconds',
    'The greatest offset between this clock and that of a member, as estimated',
  )
  const isReady = gauge('ready', '1 once this node lacked nothing that some member had, since it started')
  const epoch = gauge('epoch', 'The latest reign of a coordinator that this node knows')
  const info = new Gauge({
    name: 'configsync_info',
    help: 'Always 1: the names of this node',
    labelNames: ['node', 'cluster'],
    registers,
  })
  const sending = new Gauge({
    name: 'configsync_message_send_seconds',
    help: 'From handing a message over until its receipt, over the last minute',
    labelNames: ['quantile'],
    registers,
  })
  const arriving = gauge('message_send_success_ratio', 'Share of messages of the last minute whose receipt came')
  const retries = counter('message_retries_total', 'Messages that were sent again, because no receipt had come')
  const coordinator = gauge('coordinator', '1 while this node is the coordinator')
  const pending = gauge('pending_updates', 'Changes that components are told of later, because of load')
  const load = gauge('load', 'Load of this process, 0 to 1')
  const origins = gauge('origins', 'Identities that have numbered updates')
  const parameters = gauge('parameters', 'Parameters with a value')
  const repairs = counter('repairs_total', 'Gaps that a pull or a repair broadcast closed')
  const fullExchanges = counter('full_exchanges_total', 'Pulls that compared every dot, because tombstones were gone')
  const storeFailing = gauge('store_failing', '1 while nothing can be stored')
  const divergences = counter('divergence_total', 'Members that had seen the same and held something else: always 0')
  const frames = byDirection('frames_total', 'Frames on the mesh')
  const bytes = byDirection('frame_bytes_total', 'Bytes of frames on the mesh')
  const rejected = new Counter({
    name: 'configsync_rejected_total',
    help: 'What came in and was not taken, or not fully',
    labelNames: ['code'],
    registers,
  })
  return (status) => {
    members.set(status.members.length)
    const others = status.members.filter(({ self }) => !self)
    behind.set(others.filter(({ inStep }) => inStep !== true).length)
    suspected.set(others.filter(({ state }) => state === 'suspected').length)
    clockOffset.set(Math.max(0, ...others.map(({ clockOffsetMs }) => Math.abs(clockOffsetMs ?? 0))) / 1000)
    isReady.set(status.ready ? 1 : 0)
    epoch.set(status.epoch)
    info.set({ node: status.nodeId, cluster: status.cluster }, 1)
    coordinator.set(status.isCoordinator ? 1 : 0)
    pending.set(status.pendingUpdates)
    load.set(status.load)
    origins.set(status.origins)
    parameters.set(status.parameters)
    repairs(status.repairs)
    fullExchanges(status.fullExchanges)
    storeFailing.set(status.store?.failure === undefined ? 0 : 1)
    divergences(status.divergences)
    const { delivery } = status
    retries(delivery.retries)
    setMeasured(sending, { 0.5: delivery.p50Ms, 0.95: delivery.p95Ms, 0.99: delivery.p99Ms })
    arriving.set(delivery.successRate ?? Number.NaN)
    setCounters(frames, 'direction', { sent: delivery.framesSent, received: delivery.framesReceived })
    setCounters(bytes, 'direction', { sent: delivery.bytesSent, received: delivery.bytesReceived })
    setCounters(rejected, 'code', status.rejected)
  }
}

/** NaN says that nothing was measured lately, as in a summary of Prometheus. */
function setMeasured(gauge: Gauge<'quantile'>, quantilesMs: Readonly<Record<string, number | undefined>>): void {
  for (const [quantile, ms] of Object.entries(quantilesMs))
    gauge.set({ quantile }, ms === undefined ? Number.NaN : ms / 1000)
}

/** The node counts these itself, from its start; a counter of prom-client can only be added to. */
function counterOf(counter: Counter): (total: number) => void {
  return (total) => {
    counter.reset()
    counter.inc(total)
  }
}

function setCounters<Label extends string>(
  counter: Counter<Label>,
  label: Label,
  totals: Readonly<Record<string, number>>,
): void {
  counter.reset()
  for (const [value, total] of Object.entries(totals)) counter.inc({ [label]: value } as Record<Label, string>, total)
}
