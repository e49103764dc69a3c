import type { NodeId } from '#core/identity'
import { TIMESTAMP_MS_MAX } from '#core/limits'
import type { Message } from '#core/protocol'
import { malformed } from './defect.ts'
import { HEARTBEAT_POSITIONS, readHeartbeat, readNodeId, readRunId, writeHeartbeat } from './heartbeat.ts'
import { MEASUREMENTS_POSITIONS, readMeasurements, writeMeasurements } from './measurements.ts'
import {
  PULL_ANSWER_POSITIONS,
  PULL_ANSWER_POSITIONS_LEAST,
  PULL_REQUEST_POSITIONS,
  PULL_REQUEST_POSITIONS_LEAST,
  REPAIR_POSITIONS,
  readPullAnswer,
  readPullRequest,
  readRepair,
  writePullAnswer,
  writePullRequest,
  writeRepair,
} from './pull.ts'
import type { MessagePackReader } from './reader.ts'
import { skip } from './skip.ts'
import { readUpdates, writeUpdates } from './update.ts'
import type { MessagePackWriter } from './writer.ts'

/** What adapters say to each other; the core never sees it. */
export type Control =
  /** Whoever is `to` answers the sender with a receipt of this number, and handles frames of one number once. */
  | { readonly type: 'receiptRequest'; readonly number: number; readonly to: NodeId }
  | {
      readonly type: 'receipt'
      readonly numbers: readonly number[]
      /** what the sender's clock read halfway between the first of the requests and this, milliseconds since 1970; older senders do not say */
      readonly clockMs: number | undefined
    }

/** Numbers on the wire, never used again for anything else. 32 and above belong to the adapter. */
const TYPE = {
  updates: 0,
  heartbeat: 1,
  pullRequest: 2,
  pullAnswer: 3,
  repair: 4,
  probe: 5,
  leave: 6,
  measurements: 7,
  receiptRequest: 32,
  receipt: 33,
} as const

/** Positions that this version knows, without the type; later versions may add some at the end. */
const POSITIONS: Readonly<Record<number, number>> = {
  [TYPE.updates]: 1,
  [TYPE.heartbeat]: HEARTBEAT_POSITIONS,
  [TYPE.pullRequest]: PULL_REQUEST_POSITIONS,
  [TYPE.pullAnswer]: PULL_ANSWER_POSITIONS,
  [TYPE.repair]: REPAIR_POSITIONS,
  [TYPE.probe]: 0,
  [TYPE.leave]: 1,
  [TYPE.measurements]: MEASUREMENTS_POSITIONS,
  [TYPE.receiptRequest]: 2,
  [TYPE.receipt]: 2,
}

/** Of types that have grown: the fewest that an older node sends. */
const POSITIONS_LEAST: Readonly<Record<number, number>> = {
  [TYPE.pullRequest]: PULL_REQUEST_POSITIONS_LEAST,
  [TYPE.pullAnswer]: PULL_ANSWER_POSITIONS_LEAST,
  [TYPE.receipt]: 1,
}

const TYPE_MAX = 0xffff
/** Numbers that one receipt confirms. */
export const RECEIPT_NUMBERS_MAX = 256

export function writeMessage(to: MessagePackWriter, message: Message | Control): void {
  const type = TYPE[message.type]
  to.beginScope()
  to.array(1 + POSITIONS[type]!)
  to.integer(type)
  writeBody(to, message)
}

function writeBody(to: MessagePackWriter, message: Message | Control): void {
  if (message.type === 'updates') writeUpdates(to, message.updates)
  else if (message.type === 'heartbeat') writeHeartbeat(to, message.heartbeat)
  else if (message.type === 'pullRequest') writePullRequest(to, message.request)
  else if (message.type === 'pullAnswer') writePullAnswer(to, message.answer)
  else if (message.type === 'repair') writeRepair(to, message.repair)
  else if (message.type === 'leave') to.text(message.runId)
  else if (message.type === 'measurements') writeMeasurements(to, message.measurements)
  else if (message.type === 'receiptRequest') {
    to.integer(message.number)
    to.text(message.to)
  } else if (message.type === 'receipt') {
    to.array(message.numbers.length)
    for (const number of message.numbers) to.integer(number)
    if (message.clockMs === undefined) to.nil()
    else to.number(message.clockMs)
  }
}

/** One message, or undefined when its type belongs to a later version. */
export function readMessage(from: MessagePackReader): Message | Control | undefined {
  from.beginScope()
  const length = from.tuple(1)
  const type = from.unsigned(TYPE_MAX)
  const known = POSITIONS[type]
  const message = known === undefined ? undefined : readBody(from, type, known, length - 1)
  const beyond = length - 1 - (known ?? 0)
  for (let i = 0; i < beyond; i++) skip(from)
  return message
}

function readBody(from: MessagePackReader, type: number, known: number, found: number): Message | Control {
  const least = POSITIONS_LEAST[type] ?? known
  if (found < least) malformed(`a message of type ${type} has ${least} positions, found ${found}`)
  switch (type) {
    case TYPE.updates:
      return { type: 'updates', updates: readUpdates(from) }
    case TYPE.heartbeat:
      return { type: 'heartbeat', heartbeat: readHeartbeat(from) }
    case TYPE.pullRequest:
      return { type: 'pullRequest', request: readPullRequest(from, found) }
    case TYPE.pullAnswer:
      return { type: 'pullAnswer', answer: readPullAnswer(from, found) }
    case TYPE.repair:
      return { type: 'repair', repair: readRepair(from) }
    case TYPE.leave:
      return { type: 'leave', runId: readRunId(from) }
    case TYPE.measurements:
      return { type: 'measurements', measurements: readMeasurements(from) }
    case TYPE.receiptRequest:
      return { type: 'receiptRequest', number: from.unsigned(Number.MAX_SAFE_INTEGER), to: readNodeId(from) }
    case TYPE.receipt:
      return { type: 'receipt', numbers: readNumbers(from), clockMs: found > 1 ? readClock(from) : undefined }
    default:
      return { type: 'probe' }
  }
}

function readNumbers(from: MessagePackReader): readonly number[] {
  const length = from.array()
  if (length > RECEIPT_NUMBERS_MAX) malformed(`a receipt has over ${RECEIPT_NUMBERS_MAX} numbers`)
  return Array.from({ length }, () => from.unsigned(Number.MAX_SAFE_INTEGER))
}

function readClock(from: MessagePackReader): number | undefined {
  if (from.nil()) return undefined
  const clockMs = from.number()
  return clockMs >= 0 && clockMs <= TIMESTAMP_MS_MAX ? clockMs : malformed('a clock is out of its range')
}

export const isControl = (message: Message | Control): message is Control =>
  message.type === 'receiptRequest' || message.type === 'receipt'
