import type { ErrorCode } from '#core/errors'

/** What went through an adapter since it was made. A broadcast counts once, however many peers it went to. */
export interface AdapterCounters {
  framesSent: number
  bytesSent: number
  framesReceived: number
  bytesReceived: number
  /** of those sent */
  framesCompressed: number
  /** frames dropped, and own messages that fit into none */
  rejected: Partial<Record<ErrorCode, number>>
  /** messages of types that this version does not know */
  messagesSkipped: number
  /** numbered frames that came again */
  duplicates: number
  /** frames sent again for want of a receipt */
  retries: number
  /** receipts that came for measured frames */
  receipts: number
  batches: number
  batchedUpdates: number
  /** sum over the batches of the time that the first update waited */
  batchWaitMs: number
}

export const newCounters = (): AdapterCounters => ({
  framesSent: 0,
  bytesSent: 0,
  framesReceived: 0,
  bytesReceived: 0,
  framesCompressed: 0,
  rejected: {},
  messagesSkipped: 0,
  duplicates: 0,
  retries: 0,
  receipts: 0,
  batches: 0,
  batchedUpdates: 0,
  batchWaitMs: 0,
})

export function countSent(counters: AdapterCounters, frame: Uint8Array, compressed: boolean): void {
  counters.framesSent++
  counters.bytesSent += frame.length
  if (compressed) counters.framesCompressed++
}

export function countBatch(counters: AdapterCounters, updates: number, waitedMs: number): void {
  counters.batches++
  counters.batchedUpdates += updates
  counters.batchWaitMs += waitedMs
}

export function countRejection(counters: AdapterCounters, code: ErrorCode): void {
  counters.rejected[code] = (counters.rejected[code] ?? 0) + 1
}
