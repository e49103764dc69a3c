import type { tunerJson } from '#agent/http/tuner-views'
import type {
  conflictJson,
  HistoryJson,
  memberJson,
  parameterJson,
  statusJson,
  UpdateJson,
  vectorJson,
  writeJson,
} from '#agent/http/views'
import type { JsonValue } from '#core/json'

/** What the agent answers: its own types, so that the two cannot drift apart. What is absent is null on the wire. */
export type ConfigTree = Record<string, Record<string, JsonValue>>
export type UpdateAnswer = UpdateJson
export type WriteAnswer = ReturnType<typeof writeJson>
export type ParameterAnswer = ReturnType<typeof parameterJson>
export type NodeAnswer = ReturnType<typeof memberJson>
export type VectorAnswer = ReturnType<typeof vectorJson>
export type ConflictAnswer = ReturnType<typeof conflictJson>
export type ChangeAnswer = HistoryJson
export type TunerAnswer = ReturnType<typeof tunerJson>
export type StatusAnswer = ReturnType<typeof statusJson>

export interface PatchAnswer {
  readonly updates: readonly WriteAnswer[]
}
export interface NodesAnswer {
  readonly nodes: readonly NodeAnswer[]
}
export interface VersionVectorsAnswer {
  readonly vectors: readonly VectorAnswer[]
}
export interface HistoryAnswer {
  readonly section: string
  readonly parameter: string
  /** remembered by the agent; it lists the newest */
  readonly total: number
  readonly history: readonly ChangeAnswer[]
}
export interface ConflictsAnswer {
  /** since the agent started; it lists the newest */
  readonly total: number
  readonly conflicts: readonly ConflictAnswer[]
}
