import type { JsonValue } from '#core/json'
import type {
  ConfigUpdateMsg,
  ConflictRecord,
  HistoryRecord,
  MemberView,
  ParameterChangeView,
  ParameterView,
  StatusView,
} from '#node/types'
import type { ConfirmationsView } from '#observe/confirmations'

/** JSON has no undefined: what is absent is null on the wire, so that every field is always there. */
const orNull = <T>(value: T | undefined): T | null => (value === undefined ? null : value)

/** An update without its name and value, which stand beside it. */
export interface UpdateJson {
  readonly nodeId: string
  readonly origin: string
  readonly sequence: number
  readonly timestamp: readonly [milliseconds: number, logical: number]
  readonly priority: number
  readonly rule: string
  readonly epoch: number
  readonly versionVector: Readonly<Record<string, number>>
  readonly reason: string | null
}

export function updateJson(update: ConfigUpdateMsg): UpdateJson {
  const { nodeId, origin, sequence, timestamp, priority, rule, epoch, versionVector } = update
  return { nodeId, origin, sequence, timestamp, priority, rule, epoch, versionVector, reason: orNull(update.reason) }
}

export interface SiblingJson extends UpdateJson {
  readonly value: JsonValue
  readonly deleted: boolean
}

const siblingJson = (update: ConfigUpdateMsg): SiblingJson => ({
  ...updateJson(update),
  value: orNull(update.value),
  deleted: update.deleted,
})

/** What PUT, DELETE and PATCH answer for each write. */
export type WriteJson = ReturnType<typeof writeJson>
export function writeJson(update: ConfigUpdateMsg) {
  const { section, parameter, deleted } = update
  return { section, parameter, value: orNull(update.value), deleted, update: updateJson(update) }
}

export type ParameterJson = ReturnType<typeof parameterJson>
export function parameterJson(view: ParameterView) {
  const { section, parameter, deleted, source } = view
  return {
    section,
    parameter,
    value: orNull(view.value),
    deleted,
    source,
    update: view.update ? updateJson(view.update) : null,
    siblings: view.siblings.map(siblingJson),
  }
}

export type ChangeJson = ReturnType<typeof changeJson>
export function changeJson(change: ParameterChangeView) {
  const { section, parameter, deleted } = change
  return {
    section,
    parameter,
    value: orNull(change.value),
    previous: orNull(change.previous),
    deleted,
    update: updateJson(change.update),
  }
}

export type ConflictJson = ReturnType<typeof conflictJson>
export function conflictJson(record: ConflictRecord) {
  const { section, parameter, at, decidedBy, explanation } = record
  return {
    section,
    parameter,
    at,
    decidedBy,
    explanation,
    value: orNull(record.value),
    winner: siblingJson(record.winner),
    losers: record.losers.map(siblingJson),
  }
}

export function historyJson(record: HistoryRecord) {
  const { id, source, dropped, explanation } = record
  return {
    id,
    at: orNull(record.at),
    source,
    dropped,
    update: siblingJson(record.update),
    superseded: record.superseded.map(siblingJson),
    concurrent: record.concurrent.map(siblingJson),
    winner: record.winner ? siblingJson(record.winner) : null,
    decidedBy: orNull(record.decidedBy),
    value: orNull(record.value),
    explanation,
  }
}
export type HistoryJson = ReturnType<typeof historyJson>

export const memberJson = (member: MemberView) => ({
  ...member,
  inStep: orNull(member.inStep),
  behindForMs: orNull(member.behindForMs),
  clockOffsetMs: orNull(member.clockOffsetMs),
  versionVector: orNull(member.versionVector),
})
export type MemberJson = ReturnType<typeof memberJson>

export const vectorJson = ({ nodeId, self, inStep, digest, versionVector }: MemberView) => ({
  nodeId,
  self,
  inStep: orNull(inStep),
  digest,
  versionVector: orNull(versionVector),
})

export type StatusJson = ReturnType<typeof statusJson>
export function statusJson(status: StatusView) {
  const { delivery } = status
  return {
    ...status,
    origin: orNull(status.origin),
    turnedAway: orNull(status.turnedAway),
    coordinator: orNull(status.coordinator),
    lastFullExchange: orNull(status.lastFullExchange),
    store: status.store ? { name: status.store.name, failure: orNull(status.store.failure) } : null,
    members: status.members.map(memberJson),
    uptime: status.uptimeMs / 1000,
    delivery: {
      ...delivery,
      p50Ms: orNull(delivery.p50Ms),
      p95Ms: orNull(delivery.p95Ms),
      p99Ms: orNull(delivery.p99Ms),
      successRate: orNull(delivery.successRate),
    },
  }
}

export type PropagationJson = ReturnType<typeof propagationJson>
export const propagationJson = (view: ConfirmationsView) => ({
  ...view,
  boundMs: orNull(view.boundMs),
  p50Ms: orNull(view.p50Ms),
  p99Ms: orNull(view.p99Ms),
})
