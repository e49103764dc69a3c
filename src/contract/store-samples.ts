import type { StoreBatch, StoredState } from '#core/effects'
import type { NodeId, Origin, Sequence } from '#core/identity'
import type { Update } from '#core/update'
import type { JournalBatch } from '#store/journal'

export const NODE = 'node-1' as NodeId
export const ORIGIN = 'node-1~00000000000000aa' as Origin
export const OTHER = 'node-2~00000000000000bb' as Origin
export const NO_JOURNAL: JournalBatch = { history: [], conflicts: [] }

export const updateOf = (sequence: number, value: Update['value'], more: Partial<Update> = {}): Update => ({
  section: 's',
  parameter: 'p',
  value,
  origin: ORIGIN,
  sequence: sequence as Sequence,
  timestampMs: 1_767_225_600_000 + sequence,
  timestampLogical: 0,
  priority: 0,
  rule: 'latest',
  epoch: 0,
  context: [],
  group: undefined,
  reason: undefined,
  trace: undefined,
  unknownFields: undefined,
  ...more,
})

export const parameterOf = (...siblings: readonly [Update, ...Update[]]): StoreBatch['parameters'][number] => ({
  section: siblings[0].section,
  parameter: siblings[0].parameter,
  siblings,
})

/** What a node stores after its write number `sequence`. */
export const batchOf = (sequence: number, more: Partial<StoreBatch> = {}): StoreBatch => ({
  complete: false,
  parameters: [],
  seen: [{ origin: ORIGIN, contiguous: sequence, ranges: [] }],
  collected: undefined,
  origin: ORIGIN,
  sequence,
  epoch: 0,
  clock: [1_767_225_600_000 + sequence, 0],
  ...more,
})

/** The same state whatever order the store gives it in. */
export function sorted(state: StoredState | undefined): StoredState | undefined {
  if (state === undefined) return undefined
  const key = ({ section, parameter, origin, sequence }: Update) => `${section}.${parameter} ${origin} ${sequence}`
  return {
    ...state,
    updates: [...state.updates].sort((a, b) => (key(a) < key(b) ? -1 : 1)),
    seen: [...state.seen].sort((a, b) => (a.origin < b.origin ? -1 : 1)),
    collected: [...state.collected].sort(([a], [b]) => (a < b ? -1 : 1)),
  }
}

export const valuesOf = (state: StoredState | undefined): Record<string, unknown> =>
  Object.fromEntries(state!.updates.map(({ section, parameter, value }) => [`${section}.${parameter}`, value]))
