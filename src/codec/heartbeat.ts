import { isNodeId, isRunId, type NodeId, nodeIdOf, type Origin, type RunId } from '#core/identity'
import {
  ADDRESS_BYTES_MAX,
  HEARTBEAT_ADDRESSES_MAX,
  HEARTBEAT_INTERVAL_MS_MAX,
  NAME_BYTES_MAX,
  RECENT_ORIGINS_MAX,
  RECENT_RANGES_MAX,
} from '#core/limits'
import { type Heartbeat, TUNER_MODES } from '#core/protocol'
import { readHash, readRecent, writeCoverage, writeHash } from './coverage.ts'
import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'
import type { MessagePackWriter } from './writer.ts'

/** Positions of a heartbeat, hashes counted twice. */
export const HEARTBEAT_POSITIONS = 23
/** A mode's number on the wire is its index. */
const RUN_ID_BYTES = 16
const PROTOCOL_MAX = 255
const CONTROL = /\p{Cc}/u

export function writeHeartbeat(to: MessagePackWriter, heartbeat: Heartbeat): void {
  to.text(heartbeat.nodeId)
  to.text(heartbeat.runId)
  to.integer(heartbeat.number)
  if (heartbeat.origin === undefined) to.nil()
  else to.origin(heartbeat.origin)
  to.number(heartbeat.intervalMs)
  to.boolean(heartbeat.wideJitter)
  to.boolean(heartbeat.candidate)
  to.integer(heartbeat.epoch)
  to.boolean(heartbeat.coordinator)
  writeHash(to, heartbeat.digest)
  writeHash(to, heartbeat.liveHash)
  writeCoverage(to, heartbeat.recent)
  to.integer(TUNER_MODES.indexOf(heartbeat.tunerMode))
  to.number(heartbeat.load)
  to.text(heartbeat.cluster)
  to.integer(heartbeat.protocolMin)
  to.integer(heartbeat.protocolMax)
  writeHash(to, heartbeat.declarationsHash)
  to.text(heartbeat.address)
  to.array(heartbeat.addresses.length)
  for (const address of heartbeat.addresses) to.text(address)
}

export function readHeartbeat(from: MessagePackReader): Heartbeat {
  const nodeId = readNodeId(from)
  return {
    nodeId,
    runId: readRunId(from),
    number: from.sequence(),
    origin: from.nil() ? undefined : readOwnOrigin(from, nodeId),
    intervalMs: readInterval(from),
    wideJitter: from.boolean(),
    candidate: from.boolean(),
    epoch: from.unsigned(Number.MAX_SAFE_INTEGER),
    coordinator: from.boolean(),
    digest: readHash(from),
    liveHash: readHash(from),
    recent: readRecent(from, RECENT_ORIGINS_MAX, RECENT_RANGES_MAX),
    tunerMode: TUNER_MODES[from.unsigned(TUNER_MODES.length - 1)]!,
    load: readLoad(from),
    cluster: readCluster(from),
    ...readProtocols(from),
    declarationsHash: readHash(from),
    address: readAddress(from),
    addresses: readAddresses(from),
  }
}

export function readNodeId(from: MessagePackReader): NodeId {
  const nodeId = from.text(NAME_BYTES_MAX)
  return isNodeId(nodeId) ? nodeId : malformed('a nodeId has other characters than letters, digits, ".", "_" and "-"')
}

export function readRunId(from: MessagePackReader): RunId {
  const runId = from.text(RUN_ID_BYTES)
  return isRunId(runId) ? runId : malformed('a run id is not 16 hexadecimal digits')
}

function readOwnOrigin(from: MessagePackReader, nodeId: NodeId): Origin {
  const origin = from.origin()
  if (nodeIdOf(origin) !== nodeId) malformed('a heartbeat names the origin of another node as its own')
  return origin
}

function readInterval(from: MessagePackReader): number {
  const intervalMs = from.number()
  if (intervalMs <= 0 || intervalMs > HEARTBEAT_INTERVAL_MS_MAX) malformed(`a heartbeat interval is ${intervalMs} ms`)
  return intervalMs
}

function readLoad(from: MessagePackReader): number {
  const load = from.number()
  if (load < 0 || load > 1) malformed(`a load is ${load}, not 0 to 1`)
  return load
}

function readCluster(from: MessagePackReader): string {
  const cluster = from.text(NAME_BYTES_MAX)
  if (CONTROL.test(cluster)) malformed('a cluster has a control character')
  return cluster
}

function readProtocols(from: MessagePackReader): { readonly protocolMin: number; readonly protocolMax: number } {
  const protocolMin = from.integer(1, PROTOCOL_MAX)
  return { protocolMin, protocolMax: from.integer(protocolMin, PROTOCOL_MAX) }
}

function readAddress(from: MessagePackReader): string {
  const address = from.text(ADDRESS_BYTES_MAX)
  if (CONTROL.test(address)) malformed('an address has a control character')
  return address
}

function readAddresses(from: MessagePackReader): readonly string[] {
  const length = from.array()
  if (length > HEARTBEAT_ADDRESSES_MAX) malformed(`over ${HEARTBEAT_ADDRESSES_MAX} addresses`)
  return Array.from({ length }, () => readAddress(from))
}
