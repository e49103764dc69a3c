import { type CausalContext, EMPTY_CONTEXT } from '#core/causal-context'
import { ConfigSyncError } from '#core/errors'
import type { Origin, Sequence } from '#core/identity'
import type { JsonValue } from '#core/json'
import {
  LOGICAL_MAX,
  PRIORITY_MAX,
  PRIORITY_MIN,
  REASON_BYTES_MAX,
  TIMESTAMP_MS_MAX,
  UNKNOWN_FIELDS_BYTES_MAX,
  UNKNOWN_FIELDS_MAX,
} from '#core/limits'
import { nameDefect } from '#core/names'
import { isTraceParent, TRACE_PARENT_BYTES, type TraceParent } from '#core/trace-parent'
import type { Group, MergeRule, Update } from '#core/update'
import { malformed } from './defect.ts'
import { MessagePackReader } from './reader.ts'
import { skip } from './skip.ts'
import { readValue } from './value.ts'
import { MessagePackWriter } from './writer.ts'

/** Positions of an update that this version knows; see docs/protocol.md. */
const POSITIONS = 15
/** Without the trace, which most updates do not have, and older nodes do not know. */
const POSITIONS_LEAST = 14
/** A rule's number on the wire is its index. */
const RULES: readonly MergeRule[] = ['latest', 'max', 'min', 'average', 'union', 'deep-merge']
const CUSTOM = 'custom:'
const CUSTOM_BYTES_MAX = 160

/** Where in its group an update stands, and how large that is. */
export type GroupPlace = readonly [place: number, size: number] | undefined

const writer = new MessagePackWriter()
const reader = new MessagePackReader()

/**
 * One update on its own: the same array as in a frame.
 *
 * @throws ConfigSyncError VALUE_INVALID when a text in it is not valid Unicode or a number not finite
 */
export function encodeUpdate(update: Update): Uint8Array {
  writer.begin()
  writeUpdate(writer, update)
  return writer.finish()
}

/**
 * Reads what encodeUpdate wrote. The result holds nothing of `bytes`.
 *
 * @throws ConfigSyncError UPDATE_INVALID when it is anything else
 */
export const decodeUpdate = (bytes: Uint8Array): Update => decodeAll(bytes, readUpdate)

/**
 * Updates that a store keeps together.
 *
 * @throws ConfigSyncError VALUE_INVALID when a text in it is not valid Unicode or a number not finite
 */
export function encodeUpdates(updates: readonly Update[]): Uint8Array {
  writer.begin()
  writeUpdates(writer, updates)
  return writer.finish()
}

/**
 * Reads what encodeUpdates wrote. The result holds nothing of `bytes`.
 *
 * @throws ConfigSyncError UPDATE_INVALID when it is anything else
 */
export const decodeUpdates = (bytes: Uint8Array): readonly Update[] => decodeAll(bytes, readUpdates)

function decodeAll<T>(bytes: Uint8Array, read: (from: MessagePackReader) => T): T {
  try {
    reader.begin(bytes)
    const result = read(reader)
    if (!reader.atEnd) malformed('bytes follow the update')
    return result
  } catch (cause) {
    throw new ConfigSyncError('UPDATE_INVALID', cause instanceof ConfigSyncError ? cause.detail : String(cause), {
      cause,
    })
  } finally {
    reader.finish()
  }
}

/** How many bytes encodeUpdate makes of it; in a frame with others it takes no more. */
export function encodedUpdateBytes(update: Update): number {
  writer.begin()
  writeUpdate(writer, update)
  return writer.length
}

export function writeUpdates(to: MessagePackWriter, updates: readonly Update[]): void {
  to.array(updates.length)
  for (const update of updates) writeUpdate(to, update)
}

export function readUpdates(from: MessagePackReader): readonly Update[] {
  const length = from.array()
  const updates: Update[] = []
  for (let i = 0; i < length; i++) updates.push(readUpdate(from))
  return updates
}

export function writeUpdate(to: MessagePackWriter, update: Update): void {
  const { trace, unknownFields } = update
  if (unknownFields !== undefined) to.array(POSITIONS + unknownFields.length)
  else to.array(trace === undefined ? POSITIONS_LEAST : POSITIONS)
  to.section(update.section)
  to.text(update.parameter)
  to.boolean(update.value === undefined)
  if (update.value === undefined) to.nil()
  else to.json(update.value)
  to.origin(update.origin)
  to.integer(update.sequence)
  to.integer(update.timestampMs)
  to.integer(update.timestampLogical)
  to.integer(update.priority)
  writeRule(to, update.rule)
  to.integer(update.epoch)
  writeContext(to, update.context)
  writeGroup(to, update)
  if (update.reason === undefined) to.nil()
  else to.text(update.reason)
  if (trace !== undefined) to.text(trace)
  else if (unknownFields !== undefined) to.nil()
  if (unknownFields !== undefined) for (const field of unknownFields) to.raw(field as Uint8Array)
}

export function readUpdate(from: MessagePackReader): Update {
  const positions = from.tuple(POSITIONS_LEAST)
  const section = from.section()
  const parameter = from.name()
  const value = readTombstoneOrValue(from)
  const origin = from.origin()
  const sequence = from.sequence()
  return {
    section,
    parameter,
    value,
    origin,
    sequence,
    timestampMs: from.unsigned(TIMESTAMP_MS_MAX),
    timestampLogical: from.unsigned(LOGICAL_MAX),
    priority: from.integer(PRIORITY_MIN, PRIORITY_MAX),
    rule: readRule(from),
    epoch: from.unsigned(Number.MAX_SAFE_INTEGER),
    context: readContext(from, origin),
    group: readGroup(from, sequence),
    reason: from.nil() ? undefined : from.text(REASON_BYTES_MAX),
    trace: positions < POSITIONS ? undefined : readTrace(from),
    unknownFields: positions <= POSITIONS ? undefined : readUnknownFields(from, positions - POSITIONS),
  }
}

function readTombstoneOrValue(from: MessagePackReader): JsonValue | undefined {
  if (!from.boolean()) return readValue(from)
  if (!from.nil()) malformed('a tombstone has a value')
  return undefined
}

export function writeRule(to: MessagePackWriter, rule: MergeRule): void {
  const index = RULES.indexOf(rule)
  if (index < 0) to.text(rule)
  else to.integer(index)
}

export function readRule(from: MessagePackReader): MergeRule {
  if (from.peek() < 0x80) return RULES[from.token()] ?? malformed('a rule has an unknown number')
  const rule = from.text(CUSTOM_BYTES_MAX)
  if (!rule.startsWith(CUSTOM)) malformed('a rule is no custom:NAME')
  const defect = nameDefect(rule.slice(CUSTOM.length))
  if (defect !== undefined) malformed(`in a rule, ${defect}`)
  return rule as MergeRule
}

export function writeContext(to: MessagePackWriter, context: CausalContext): void {
  to.array(context.length)
  for (let i = 0; i < context.length; i += 2) {
    to.origin(context[i] as Origin)
    to.integer(context[i + 1] as Sequence)
  }
}

/** @param own the update's origin, where it is known before */
export function readContext(from: MessagePackReader, own?: Origin): CausalContext {
  const length = from.array()
  if (length === 0) return EMPTY_CONTEXT
  if (length % 2 !== 0) malformed('a context has an origin without a sequence')
  const context: (Origin | Sequence)[] = []
  let previous = ''
  for (let i = 0; i < length; i += 2) {
    const origin = from.origin()
    if (origin <= previous) malformed('the origins of a context do not ascend')
    if (origin === own) malformed('a context names its own origin')
    context.push(origin, from.sequence())
    previous = origin
  }
  return context
}

/** As [place within the group, size]: small numbers, and `first` cannot contradict the sequence. */
export function writeGroup(to: MessagePackWriter, update: Update): void {
  if (update.group === undefined) {
    to.nil()
    return
  }
  to.array(2)
  to.integer(update.sequence - update.group.first)
  to.integer(update.group.size)
}

const readGroup = (from: MessagePackReader, sequence: Sequence): Group | undefined => groupOf(readPlace(from), sequence)

export function readPlace(from: MessagePackReader): GroupPlace {
  if (from.nil()) return undefined
  if (from.array() !== 2) malformed('a group is [place, size]')
  return [from.unsigned(Number.MAX_SAFE_INTEGER), from.unsigned(Number.MAX_SAFE_INTEGER)]
}

/** The group of the update with this sequence. */
export function groupOf(at: GroupPlace, sequence: Sequence): Group | undefined {
  if (at === undefined) return undefined
  const [place, size] = at
  const group = { first: (sequence - place) as Sequence, size }
  if (size < 2 || group.first < 1) malformed('a group does not hold its update')
  checkMember(group, sequence)
  return group
}

export function checkMember({ first, size }: Group, sequence: Sequence): void {
  if (sequence < first || sequence >= first + size || first + size - 1 > Number.MAX_SAFE_INTEGER)
    malformed('a group does not hold its update')
}

function readTrace(from: MessagePackReader): TraceParent | undefined {
  if (from.nil()) return undefined
  const trace = from.text(TRACE_PARENT_BYTES)
  return isTraceParent(trace) ? trace : malformed('a trace is no traceparent')
}

/** Each as its bytes, so that it is passed on exactly, whatever it means. */
function readUnknownFields(from: MessagePackReader, count: number): readonly Uint8Array[] {
  if (count > UNKNOWN_FIELDS_MAX) malformed(`an update has over ${UNKNOWN_FIELDS_MAX} unknown fields`)
  const fields: Uint8Array[] = []
  const first = from.position
  for (let i = 0; i < count; i++) {
    const start = from.position
    skip(from)
    if (from.position - first > UNKNOWN_FIELDS_BYTES_MAX)
      malformed(`the unknown fields of an update are over ${UNKNOWN_FIELDS_BYTES_MAX} bytes`)
    fields.push(from.copyFrom(start))
  }
  return fields
}
