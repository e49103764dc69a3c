import { decodeUpdate, encodeUpdate } from '#codec/update'
import { contextOf, versionVectorOf } from '#core/causal-context'
import { ConfigSyncError } from '#core/errors'
import { isOrigin, isSequence, nodeIdOf, type Origin, type Sequence } from '#core/identity'
import { LOGICAL_MAX, TIMESTAMP_MS_MAX } from '#core/limits'
import { isMergeRule } from '#core/merge-rules'
import type { Coverage } from '#core/protocol'
import type { Update } from '#core/update'
import type { ConfigUpdateMsg, VersionVector } from './types.ts'

/** An update as programs and people are shown it. */
export function messageOf(update: Update): ConfigUpdateMsg {
  return {
    section: update.section,
    parameter: update.parameter,
    value: update.value,
    deleted: update.value === undefined,
    timestamp: [update.timestampMs, update.timestampLogical],
    nodeId: nodeIdOf(update.origin),
    versionVector: versionVectorOf(update),
    origin: update.origin,
    sequence: update.sequence,
    priority: update.priority,
    rule: update.rule,
    epoch: update.epoch,
    reason: update.reason,
  }
}

/**
 * The way back, for an update that came by another way than the mesh.
 * @throws ConfigSyncError UPDATE_INVALID naming the field, VALUE_INVALID
 */
export function updateOf(message: ConfigUpdateMsg): Update {
  const invalid = (field: string) => new ConfigSyncError('UPDATE_INVALID', `${field} is not that of an update`)
  const { origin, sequence, timestamp, versionVector, epoch, rule } = message
  if (!isOrigin(origin)) throw invalid('origin')
  if (!isSequence(sequence)) throw invalid('sequence')
  if (!isStamp(timestamp) || timestamp[0] > TIMESTAMP_MS_MAX || timestamp[1] > LOGICAL_MAX) throw invalid('timestamp')
  if (!isMergeRule(rule)) throw invalid('rule')
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw invalid('epoch')
  if (versionVector[origin] !== sequence) throw invalid('versionVector')
  const context = new Map<Origin, Sequence>()
  for (const [other, n] of Object.entries(versionVector)) {
    if (!isOrigin(other) || !isSequence(n)) throw invalid('versionVector')
    if (other !== origin) context.set(other, n)
  }
  // Through the codec, which checks what remains as it does for everything from the wire.
  return decodeUpdate(
    encodeUpdate({
      section: message.section,
      parameter: message.parameter,
      value: message.deleted ? undefined : message.value,
      origin,
      sequence,
      timestampMs: timestamp[0],
      timestampLogical: timestamp[1],
      priority: message.priority,
      rule,
      epoch,
      context: contextOf(context),
      group: undefined,
      reason: message.reason,
      trace: undefined,
      unknownFields: undefined,
    }),
  )
}

const isStamp = (stamp: unknown): stamp is readonly [number, number] =>
  Array.isArray(stamp) && stamp.length === 2 && stamp.every((part) => Number.isSafeInteger(part) && part >= 0)

/** What is covered without a hole, as a plain object. */
export function vectorOf(coverage: Coverage): VersionVector {
  const vector: Record<string, number> = {}
  for (const { origin, contiguous } of coverage) if (contiguous > 0) vector[origin] = contiguous
  return vector
}
