import { Counter, Gauge, type Registry } from 'prom-client'
import type { StatusView } from '#node/types'

type Refresh = (status: StatusView) => void

/** Metrics that are read from `status()` when somebody asks. @returns what refreshes them */
export function statusMetrics(registers: Registry[]): Refresh {
  const make = new MetricFactory(registers)
  const parts = [memberMetrics(make), stateMetrics(make), repairMetrics(make), deliveryMetrics(make)]
  return (status) => {
    for (const refresh of parts) refresh(status)
  }
}

class MetricFactory {
  readonly #registers: Registry[]

  constructor(registers: Registry[]) {
    this.#registers = registers
  }

  gauge<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `configsync_${name}`, help, labelNames, registers: this.#registers })
  }

  counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: `configsync_${name}`, help, labelNames, registers: this.#registers })
  }

  /** The node counts these itself, from its start; a counter of prom-client can only be added to. */
  total(name: string, help: string): (total: number) => void {
    const counter = this.counter(name, help)
    return (total) => {
      counter.reset()
      counter.inc(total)
    }
  }
}

function memberMetrics(make: MetricFactory): Refresh {
  const members = make.gauge('members', 'Live members that this node knows, itself included')
  const behind = make.gauge('members_behind', 'Members that are not known to be in step with this node')
  const suspected = make.gauge('members_suspected', 'Members that are silent and have been asked')
  const clockOffset = make.gauge(
    'clock_offset_seconds',
    'The greatest offset between this clock and that of a member, as estimated',
  )
  const coordinator = make.gauge('coordinator', '1 while this node is the coordinator')
  const epoch = make.gauge('epoch', 'The latest reign of a coordinator that this node knows')
  return (status) => {
    const others = status.members.filter(({ self }) => !self)
    members.set(status.members.length)
    behind.set(others.filter(({ inStep }) => inStep !== true).length)
    suspected.set(others.filter(({ state }) => state === 'suspected').length)
    clockOffset.set(Math.max(0, ...others.map(({ clockOffsetMs }) => Math.abs(clockOffsetMs ?? 0))) / 1000)
    coordinator.set(status.isCoordinator ? 1 : 0)
    epoch.set(status.epoch)
  }
}

function stateMetrics(make: MetricFactory): Refresh {
  const info = make.gauge('info', 'Always 1: the names of this node', ['node', 'cluster'])
  const ready = make.gauge('ready', '1 once this node lacked nothing that some member had, since it started')
  const turnedAway = make.gauge('turned_away', '1 while this node has no member because it is refused')
  const pending = make.gauge('pending_updates', 'Changes that components are told of later, because of load')
  const load = make.gauge('load', 'Load of this process, 0 to 1')
  const origins = make.gauge('origins', 'Identities that have numbered updates')
  const parameters = make.gauge('parameters', 'Parameters with a value')
  const storeFailing = make.gauge('store_failing', '1 while nothing can be stored')
  return (status) => {
    info.set({ node: status.nodeId, cluster: status.cluster }, 1)
    ready.set(status.ready ? 1 : 0)
    turnedAway.set(status.turnedAway ? 1 : 0)
    pending.set(status.pendingUpdates)
    load.set(status.load)
    origins.set(status.origins)
    parameters.set(status.parameters)
    storeFailing.set(status.store?.failure === undefined ? 0 : 1)
  }
}

function repairMetrics(make: MetricFactory): Refresh {
  const repairs = make.total('repairs_total', 'Gaps that a pull or a repair broadcast closed')
  const fullExchanges = make.total(
    'full_exchanges_total',
    'Pulls that compared every dot, because tombstones were gone',
  )
  const divergences = make.total('divergence_total', 'Members that had seen the same and held something else: always 0')
  const rejected = make.counter('rejected_total', 'What came in and was not taken, or not fully', ['code'])
  return (status) => {
    repairs(status.repairs)
    fullExchanges(status.fullExchanges)
    divergences(status.divergences)
    setCounters(rejected, 'code', status.rejected)
  }
}

function deliveryMetrics(make: MetricFactory): Refresh {
  const frames = make.counter('frames_total', 'Frames on the mesh', ['direction'])
  const bytes = make.counter('frame_bytes_total', 'Bytes of frames on the mesh', ['direction'])
  const retries = make.total('message_retries_total', 'Messages that were sent again, because no receipt had come')
  const sending = make.gauge(
    'message_send_seconds',
    'From handing a message over until its receipt, over the last minute',
    ['quantile'],
  )
  const arriving = make.gauge('message_send_success_ratio', 'Share of messages of the last minute whose receipt came')
  return ({ delivery }) => {
    setCounters(frames, 'direction', { sent: delivery.framesSent, received: delivery.framesReceived })
    setCounters(bytes, 'direction', { sent: delivery.bytesSent, received: delivery.bytesReceived })
    retries(delivery.retries)
    setMeasured(sending, { 0.5: delivery.p50Ms, 0.95: delivery.p95Ms, 0.99: delivery.p99Ms })
    arriving.set(delivery.successRate ?? Number.NaN)
  }
}

/** NaN says that nothing was measured lately, as in a summary of Prometheus. */
function setMeasured(gauge: Gauge<'quantile'>, quantilesMs: Readonly<Record<string, number | undefined>>): void {
  for (const [quantile, ms] of Object.entries(quantilesMs))
    gauge.set({ quantile }, ms === undefined ? Number.NaN : ms / 1000)
}

function setCounters<Label extends string>(
  counter: Counter<Label>,
  label: Label,
  totals: Readonly<Record<string, number>>,
): void {
  counter.reset()
  for (const [value, total] of Object.entries(totals)) counter.inc({ [label]: value } as Record<Label, string>, total)
}
