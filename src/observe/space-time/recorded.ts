import type { JsonValue } from '#core/json'

/** One write as `GET /v1/history/…` lists it: the fields that a picture needs. */
export interface RecordedUpdate {
  readonly nodeId: string
  readonly origin: string
  readonly sequence: number
  readonly timestamp: readonly [milliseconds: number, logical: number]
  /** what the writer had seen of this parameter's writers, this update included */
  readonly versionVector: Readonly<Record<string, number>>
  readonly value: JsonValue
  readonly deleted: boolean
  readonly priority: number
  readonly reason: string | null
}

/** One change of a parameter as an agent saw it come. */
export interface RecordedChange {
  readonly update: RecordedUpdate
  /** it went instead of coming */
  readonly dropped: boolean
  readonly superseded: readonly RecordedUpdate[]
  readonly concurrent: readonly RecordedUpdate[]
  readonly winner: RecordedUpdate | null
  readonly decidedBy: string | null
  readonly explanation: string
}

/** What one parameter went through, the newest first, as the HTTP API answers it. */
export interface RecordedHistory {
  readonly section: string
  readonly parameter: string
  readonly history: readonly RecordedChange[]
}
