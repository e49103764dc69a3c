import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '#core/json'
import type { TunerAnswer } from '../../answers.ts'
import { failure } from '../../failure.ts'
import { agreement, until } from '../agreement.ts'
import { DemoCluster, type DemoNode } from '../cluster.ts'
import { Course, type CoursePoint, type SeenAdjustment } from './course.ts'
import { Downstream } from './downstream.ts'
import type { FromPoolNode, ToPoolNode } from './pool-messages.ts'
import { JOB_MS } from './pool-workload.ts'

const SCHEMA = fileURLToPath(new URL('../../../../examples/schema.json', import.meta.url))
const OBJECTIVES = fileURLToPath(new URL('../../../../examples/tuner.json', import.meta.url))

/** Serves two calls of each node at once; 16 of each are eight times as many, by which everything takes six times as long. */
const DOWNSTREAM = { callMs: 50, itemMs: 4, contention: 0.7, queueMax: 500 }
const SLOTS_PER_NODE = 2

/** For people who watch: windows of a second and large steps, by the settings that anybody may change at any time. */
const impatient = (windowSeconds: number) => ({
  changes: [
    { section: 'auto_tuner', parameter: 'interval_seconds', value: windowSeconds, reason: 'somebody watches' },
    { section: 'auto_tuner', parameter: 'max_adjustment_pct', value: 0.5, reason: 'somebody watches' },
    { section: 'mesh', parameter: 'heartbeat_interval_ms', value: 200, reason: 'all nodes on one machine' },
  ],
})
/** In a window there must be enough jobs, and each node does a few a second while everything is slow. */
const windowSecondsOf = (nodes: number): number => Math.max(1, Math.ceil(5 / nodes))
/**
 * Clients of each node. The few leave batches half empty that wait for more; what bears them sends the downstream too much at once when
 * more come; and for the many the batches are too small.
 */
export const LOADS: readonly number[] = [16, 110, 150]
const SECOND_MS = 1_000
const START_MS_MAX = 30_000
const PHASE_WINDOWS_MAX = 60
/** When the tuner sees nothing to do in so many, because the pools bear the load by its standards, it is half as much again. */
const BORNE_WINDOWS = 12

/** What became of one load. */
export interface PhaseOutcome {
  readonly clients: number
  /** the worst three seconds, and the first three under the goal; milliseconds */
  readonly worstP95: number
  readonly metP95: number
  readonly tookMs: number
  /** in force on every node */
  readonly adjustments: number
}

export interface TuneListener {
  onPoint(point: CoursePoint): void
  onAdjustment(adjustment: SeenAdjustment): void
}

/** Nodes with worker pools at one downstream, their load, and what the demo itself measures of them. */
export class TuneDemo {
  readonly cluster: DemoCluster
  readonly goalMs = goalOf(OBJECTIVES)
  course = new Course(JOB_MS)
  clients = 0
  private readonly downstream: Downstream
  readonly windowSeconds: number
  private readonly listener: TuneListener
  private timer: NodeJS.Timeout | undefined
  private interrupted: AbortSignal | undefined

  constructor(count: number, listener: TuneListener) {
    this.listener = listener
    this.windowSeconds = windowSecondsOf(count)
    this.downstream = new Downstream({ ...DOWNSTREAM, slots: SLOTS_PER_NODE * count })
    this.cluster = new DemoCluster(count, {
      program: 'pool-node',
      flags: ['--preset', 'test', '--schema', SCHEMA, '--tuner', OBJECTIVES],
      onMessage: (node, message) => this.receive(node, message as FromPoolNode),
    })
  }

  /** All nodes up, members of one mesh, and every second measured from now on until it is interrupted or stopped. */
  async start(interrupted: AbortSignal): Promise<void> {
    this.interrupted = interrupted
    await this.cluster.makeCertificates()
    await this.cluster.start()
    await this.cluster.nodes[0]!.client.patch('/v1/config', impatient(this.windowSeconds))
    await agreement(this.cluster.nodes, START_MS_MAX)
    this.course = new Course(JOB_MS)
    interrupted.throwIfAborted()
    interrupted.addEventListener('abort', () => this.stop(), { once: true })
    this.timer = setInterval(() => this.listener.onPoint(this.course.close()), SECOND_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  setClients(count: number): void {
    this.clients = count
    this.course.mark('load')
    for (const node of this.cluster.running) this.tell(node, { type: 'clients', count })
  }

  /**
   * Puts a load on the pools that they do not bear as they are, and waits until the tuner has them bear it. A load that they bear, or so
   * nearly that the tuner leaves them alone, shows nothing, and is raised.
   * @throws DEMO_FAILED when the goal is not missed at first, or not met in the end
   */
  async phase(clientsAtFirst: number): Promise<PhaseOutcome> {
    const { course, goalMs } = this
    let clients = clientsAtFirst
    const startedS = course.nowS
    let worstP95 = 0
    this.setClients(clients)
    const recent = () => {
      this.interrupted?.throwIfAborted()
      const p95 = course.recentP95(startedS)
      worstP95 = Math.max(worstP95, p95 ?? 0)
      return p95
    }
    const msMax = PHASE_WINDOWS_MAX * this.windowSeconds * 1_000
    await until(msMax, `${clients} clients are no load for these pools`, async () => {
      return (recent() ?? 0) > goalMs || undefined
    })
    let loadedS = startedS
    const metP95 = await until(
      msMax,
      async () =>
        `p95 is ${Math.round(recent() ?? 0)} ms, over its goal of ${goalMs}, with ${clients} clients a node; ${await this.tunerSays()}`,
      async () => {
        const p95 = recent()
        if (p95 !== undefined && p95 <= goalMs && this.adjustmentsSince(startedS) > 0) return p95
        if (this.adjustmentsSince(startedS) === 0 && course.nowS - loadedS > BORNE_WINDOWS * this.windowSeconds) {
          clients = Math.round(1.5 * clients)
          loadedS = course.nowS
          this.setClients(clients)
        }
        return undefined
      },
    )
    const tookMs = (course.nowS - startedS) * 1_000
    return { clients, worstP95, metP95, tookMs, adjustments: this.adjustmentsSince(startedS) }
  }

  /** What the coordinator's tuner made of its last window, for whoever has to find out why it did not come to its goal. */
  private async tunerSays(): Promise<string> {
    const answers = await Promise.all(this.cluster.running.map(({ client }) => client.get<TunerAnswer>('/v1/tuner')))
    const notes = answers
      .filter(({ mode }) => mode === 'active')
      .flatMap(({ objectives }) => objectives.map(({ name, note }) => `${name}: ${note}`))
    return notes.length > 0 ? `the tuner says of ${notes.join('; ')}` : 'no tuner is active'
  }

  /** Those that came into force on every node. */
  private adjustmentsSince(sinceS: number): number {
    const nodeIds = this.cluster.running.map(({ nodeId }) => nodeId)
    return this.course.adjustments.filter(
      ({ atS, seenBy }) => atS > sinceS && nodeIds.every((nodeId) => seenBy.has(nodeId)),
    ).length
  }

  /** As in a crash; the tuner goes on elsewhere. */
  async killCoordinator(): Promise<string | undefined> {
    const { running } = this.cluster
    const coordinator = running[0]
    if (coordinator === undefined || running.length === 1) return undefined
    coordinator.process!.kill()
    await coordinator.process!.ended()
    this.course.gone(coordinator.nodeId)
    this.course.mark('kill')
    return coordinator.nodeId
  }

  private receive(node: DemoNode, message: FromPoolNode): void {
    switch (message.type) {
      case 'call':
        return void this.serve(node, message.id, message.items)
      case 'measured':
        return this.course.measured(node.nodeId, message.metrics, message.limits)
      case 'adjusted': {
        // The mesh's own settings are tuned too; the plot is about the pools.
        if (message.adjustment.section !== 'pool') return
        const first = this.course.adjusted(node.nodeId, message.adjustment)
        if (first) this.listener.onAdjustment(first)
      }
    }
  }

  private async serve(node: DemoNode, id: number, items: number): Promise<void> {
    const ok = await this.downstream.call(items).then(
      () => true,
      () => false,
    )
    this.tell(node, { type: 'called', id, ok })
  }

  private tell(node: DemoNode, message: ToPoolNode): void {
    node.process?.send(message)
  }
}

/** What the objective says: the demo judges by the same goal as the tuner. */
function goalOf(path: string): number {
  const { objectives } = JSON.parse(readFileSync(path, 'utf8')) as { objectives: { goals: JsonObject[] }[] }
  const goal = objectives.flatMap(({ goals }) => goals).find(({ metric }) => metric === JOB_MS)?.['p95AtMost']
  if (typeof goal === 'number') return goal
  throw failure('DEMO_FAILED', `${path} has no p95AtMost for ${JOB_MS}`)
}
