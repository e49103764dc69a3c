import type { TunerJson } from '#agent/http/tuner-views'
import type {
  ChangeJson,
  ConflictJson,
  HistoryJson,
  MemberJson,
  ParameterJson,
  PropagationJson,
  SiblingJson,
  StatusJson,
  UpdateJson,
  WriteJson,
} from '#agent/http/views'

export type {
  ConflictJson,
  HistoryJson,
  MemberJson,
  ParameterJson,
  PropagationJson,
  SiblingJson,
  StatusJson,
  TunerJson,
  UpdateJson,
  WriteJson,
}

/** The parts of answers that an agent composes of the views above. */
export interface NodesAnswer {
  readonly nodes: readonly MemberJson[]
  readonly departed: readonly { readonly nodeId: string; readonly state: 'left' | 'gone'; readonly at: number }[]
}
export interface ParametersAnswer {
  readonly total: number
  readonly next: string | null
  readonly parameters: readonly ParameterJson[]
}
export interface ConflictsAnswer {
  readonly total: number
  readonly conflicts: readonly ConflictJson[]
}
export interface HistoryAnswer {
  readonly total: number
  readonly history: readonly HistoryJson[]
}
export interface ChangeTold {
  readonly at: number
  readonly source: 'local' | 'remote' | 'repair'
  readonly changes: readonly (ChangeJson & { readonly now: ParameterJson | null })[]
}
export interface MemberTold {
  readonly at: number
  readonly nodeId: string
  readonly state: 'joined' | 'left' | 'gone' | 'suspected' | 'restarted' | 'recovered'
}
export type AdjustmentJson = TunerJson['adjustments'][number]
export type ObjectiveJson = TunerJson['objectives'][number]
export type TunerTold = { readonly at: number } & (
  | { readonly kind: 'window'; readonly status: TunerJson }
  | ({ readonly kind: 'adjust' | 'revert' } & AdjustmentJson)
  | { readonly kind: 'mode' | 'frozen' | 'released' }
)
/** A log line, as the agent writes it to stderr. */
export interface LogLine {
  readonly level: string
  readonly time: string
  readonly event?: string
  readonly msg?: string
  readonly [field: string]: unknown
}
