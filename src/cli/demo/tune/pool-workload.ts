import type { Agent } from '#agent/agent'
import { MetricSet } from '#tuner/metric-set'
import { Clients } from './clients.ts'
import { DownstreamLink } from './downstream-link.ts'
import type { FromPoolNode, ToPoolNode } from './pool-messages.ts'
import { type JobTimes, type PoolLimits, WorkerPool } from './worker-pool.ts'

export const SECTION = 'pool'
export const JOB_MS = 'job_ms'
const THINK_MS = 800
const REPORT_MS = 250

/**
 * What a program with something to tune does: reads its parameters from the mesh, follows their changes, and tells the tuner
 * what each job took. Returns what ends it.
 */
export function runPool({ nodeId, sync, tuner }: Agent, channel: NodeJS.Process): () => Promise<void> {
  const tell = (message: FromPoolNode) => void (channel.connected && channel.send!(message))
  const link = new DownstreamLink(tell)
  const limits = (): PoolLimits => ({
    concurrency: sync.get(SECTION, 'concurrency') as number,
    batchSize: sync.get(SECTION, 'batch_size') as number,
    batchTimeLimitMs: sync.get(SECTION, 'batch_time_limit_ms') as number,
  })
  const pool = new WorkerPool({ threads: 1, limits: limits(), call: (items) => link.call(items) })
  sync.on('change', () => {
    pool.limits = limits()
  })
  tuner.on('adjustment', (adjustment) => tell({ type: 'adjusted', adjustment }))
  tuner.on('revert', (adjustment) => tell({ type: 'adjusted', adjustment }))
  const measured = new MetricSet()
  let jobs = 0
  const clients = new Clients(THINK_MS, async () => {
    const times = await pool.run(`${nodeId} ${++jobs}`)
    observe(times, (metric, value) => tuner.observe(metric, value))
    measured.observe(JOB_MS, times.totalMs)
  })
  channel.on('message', (message: ToPoolNode) => {
    if (message.type === 'called') link.called(message.id, message.ok)
    else clients.count = message.count
  })
  const reporting = setInterval(
    () => tell({ type: 'measured', metrics: measured.take(Number.POSITIVE_INFINITY), limits: pool.limits }),
    REPORT_MS,
  )
  return async () => {
    clearInterval(reporting)
    clients.stop()
    await pool.close()
  }
}

/** The goals are about the whole and its outcome; the parts say where the time went. */
function observe(
  { totalMs, queueMs, batchMs, callMs, ok }: JobTimes,
  to: (metric: string, value: number | boolean) => void,
): void {
  to(JOB_MS, totalMs)
  to('job_ok', ok)
  to('job_queue_ms', queueMs)
  to('job_batch_ms', batchMs)
  to('job_call_ms', callMs)
}
