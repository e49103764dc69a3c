import type { DeliverySample } from '#mesh/delivery'
import type { ConfigSync } from '#node/api'
import type { Measuring } from './measuring.ts'
import type { Objective } from './objective.ts'
import { splitName } from './tunables.ts'

export const MESH_OBJECTIVE = 'mesh'

/** From the hand-over of an update to its receipt, milliseconds … */
export const MESSAGE_SEND = 'message_send_ms'
/** … of which in the batch, as long as the settings say … */
export const MESSAGE_SEND_BATCH = 'message_send_batch_ms'
/** … waiting in this process beyond that: for its turn of the event loop, and in the peer's socket … */
export const MESSAGE_SEND_QUEUE = 'message_send_queue_ms'
/** … waiting for the receipt of a sending that was lost … */
export const MESSAGE_SEND_LOST = 'message_send_lost_ms'
/** … and on the wire and at the peer, there and back. */
export const MESSAGE_SEND_WIRE = 'message_send_wire_ms'
/** whether the receipt came */
export const MESSAGE_SEND_OK = 'message_send_ok'
/** whether the first sending was confirmed */
export const MESSAGE_SEND_FIRST_TRY = 'message_send_first_try'

export const MESH_METRICS = [
  MESSAGE_SEND,
  MESSAGE_SEND_BATCH,
  MESSAGE_SEND_QUEUE,
  MESSAGE_SEND_LOST,
  MESSAGE_SEND_WIRE,
  MESSAGE_SEND_OK,
  MESSAGE_SEND_FIRST_TRY,
] as const

const PARAMETERS = [
  'mesh.batch_time_limit_ms',
  'mesh.batch_size_limit',
  'mesh.compression_threshold_bytes',
  'mesh.max_retries',
  'mesh.retry_interval_ms',
]

/** Where a target has no value that is a number. */
const TARGET_P95_MS = 500
const TARGET_RATE = 0.95

/**
 * ConfigSync's own delivery, by what the settings `auto_tuner.target_*` are now; undefined when no parameter of it may be moved. The
 * heartbeat interval is nobody's to tune.
 */
export function meshObjective(sync: ConfigSync): Objective | undefined {
  const { declarations } = sync.tunerPort
  const target = (parameter: string, otherwise: number) => {
    const value = sync.get('auto_tuner', parameter)
    return typeof value === 'number' ? value : otherwise
  }
  const parameters = PARAMETERS.filter((name) => declarations.lookup(...splitName(name))?.tune !== undefined)
  if (parameters.length === 0) return undefined
  return {
    name: MESH_OBJECTIVE,
    goals: [
      { metric: MESSAGE_SEND, p95AtMost: target('target_p95_latency_ms', TARGET_P95_MS) },
      { metric: MESSAGE_SEND_OK, rateAtLeast: target('target_success_rate', TARGET_RATE) },
    ],
    parameters,
    breakdown: {
      batch: MESSAGE_SEND_BATCH,
      queue: MESSAGE_SEND_QUEUE,
      lost: MESSAGE_SEND_LOST,
      wire: MESSAGE_SEND_WIRE,
    },
    giveBack: 'default',
  }
}

export function observeDelivery(to: Measuring, sample: DeliverySample): void {
  const { elapsedMs, batchMs, queueMs, lostMs, retries } = sample
  to.observe(MESSAGE_SEND_OK, elapsedMs !== undefined)
  if (elapsedMs === undefined) return
  to.observe(MESSAGE_SEND, elapsedMs)
  to.observe(MESSAGE_SEND_BATCH, batchMs)
  to.observe(MESSAGE_SEND_QUEUE, queueMs)
  to.observe(MESSAGE_SEND_LOST, lostMs)
  to.observe(MESSAGE_SEND_WIRE, elapsedMs - batchMs - queueMs - lostMs)
  to.observe(MESSAGE_SEND_FIRST_TRY, retries === 0)
}
