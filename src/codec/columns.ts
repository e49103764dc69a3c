import { type CausalContext, contextSequence } from '#core/causal-context'
import { isSequence, type Origin } from '#core/identity'
import type { JsonValue } from '#core/json'
import {
  FRAME_BYTES_MAX,
  LOGICAL_MAX,
  PRIORITY_MAX,
  PRIORITY_MIN,
  REASON_BYTES_MAX,
  TIMESTAMP_MS_MAX,
} from '#core/limits'
import type { Group, MergeRule, Update } from '#core/update'
import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'
import { Runs, writeNumberRuns, writeRuns } from './runs.ts'
import { skip } from './skip.ts'
import {
  checkMember,
  type GroupPlace,
  groupOf,
  readContext,
  readPlace,
  readRule,
  writeContext,
  writeGroup,
  writeRule,
} from './update.ts'
import { readValue } from './value.ts'
import type { MessagePackWriter } from './writer.ts'

/** The count and a column for each position of an update. */
const POSITIONS = 15
/** Of a context that many updates share each counts: a few bytes must not make us look at entries for hours. */
const CONTEXT_ENTRIES_MAX = FRAME_BYTES_MAX / 2

/** Far more than a part of a pull has. A row may take three bytes, and a packed one none. */
const ROWS_MAX = 65_536

/** What later versions added to an update has no column, and an older reader would drop one: such a batch goes row by row. */
export const fitsColumns = (updates: readonly Update[]): boolean =>
  updates.length <= ROWS_MAX &&
  updates.every(({ trace, unknownFields }) => trace === undefined && unknownFields === undefined)

/**
 * Many updates, column by column: what is the same in all of them is said once, numbers that count up as their difference,
 * and names by what they do not share with the one before. A compressor then has little left to find but the values.
 */
export function writeColumns(to: MessagePackWriter, updates: readonly Update[]): void {
  to.array(POSITIONS)
  to.integer(updates.length)
  writeRuns(
    to,
    updates,
    (a, b) => a.section === b.section,
    ({ section }) => to.section(section),
  )
  writeNames(to, updates)
  writeRuns(
    to,
    updates,
    (a, b) => isDeleted(a) === isDeleted(b),
    (update) => to.boolean(isDeleted(update)),
  )
  writeValues(to, updates)
  writeRuns(
    to,
    updates,
    (a, b) => a.origin === b.origin,
    ({ origin }) => to.origin(origin),
  )
  writeNumberRuns(
    to,
    updates.map((update, i) => update.sequence - sequenceBefore(updates[i - 1], update.origin)),
  )
  writeNumberRuns(
    to,
    updates.map(({ timestampMs }, i) => timestampMs - (updates[i - 1]?.timestampMs ?? 0)),
  )
  writeNumberRuns(
    to,
    updates.map((update, i) => update.timestampLogical - logicalAfter(updates[i - 1], update.timestampMs)),
  )
  writeRuns(
    to,
    updates,
    (a, b) => a.priority === b.priority,
    ({ priority }) => to.integer(priority),
  )
  writeRuns(
    to,
    updates,
    (a, b) => a.rule === b.rule,
    ({ rule }) => writeRule(to, rule),
  )
  writeRuns(
    to,
    updates,
    (a, b) => a.epoch === b.epoch,
    ({ epoch }) => to.integer(epoch),
  )
  writeRuns(to, updates, sameContext, ({ context }) => writeContext(to, context))
  writeRuns(to, updates, sameGroup, (update) => writeGroup(to, update))
  writeRuns(
    to,
    updates,
    (a, b) => a.reason === b.reason,
    ({ reason }) => (reason === undefined ? to.nil() : to.text(reason)),
  )
}

/** One array of values, because they are what differs: their run would be longer than they are. */
function writeValues(to: MessagePackWriter, updates: readonly Update[]): void {
  to.array(updates.length)
  for (const { value } of updates) {
    if (value === undefined) to.nil()
    else to.json(value)
  }
}

/** [shared, rest, shared, rest …]: how many bytes a name shares with the one before, and what comes after them. */
function writeNames(to: MessagePackWriter, updates: readonly Update[]): void {
  to.array(2 * updates.length)
  let before = ''
  for (const { parameter } of updates) {
    const shared = sharedAscii(before, parameter)
    to.integer(shared)
    to.text(parameter.slice(shared))
    before = parameter
  }
}

/** Only ASCII, of which a unit is a byte. */
function sharedAscii(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let shared = 0
  while (shared < length && a.charCodeAt(shared) === b.charCodeAt(shared) && b.charCodeAt(shared) < 0x80) shared++
  return shared
}

const isDeleted = ({ value }: Update): boolean => value === undefined

/** What a sequence is counted from: the one before in the same origin, if it is the neighbour. */
const sequenceBefore = (before: Update | undefined, origin: Origin): number =>
  before?.origin === origin ? before.sequence : 0

/** The logical part that a clock gives next in that millisecond. */
const logicalAfter = (before: Stamp | undefined, timestampMs: number): number =>
  before?.timestampMs === timestampMs ? before.timestampLogical + 1 : 0

type Stamp = Pick<Update, 'timestampMs' | 'timestampLogical'>

/** Mostly none: they are one and the same. */
const sameContext = ({ context: a }: Update, { context: b }: Update): boolean =>
  a === b || (a.length === b.length && a.every((entry, i) => entry === b[i]))

const sameGroup = ({ group: a }: Update, { group: b }: Update): boolean =>
  a === b || (a?.first === b?.first && a?.size === b?.size)

/** @returns as many updates as the count says, each as strictly checked as one that travels alone */
export function readColumns(from: MessagePackReader): Update[] {
  const positions = from.tuple(POSITIONS)
  const count = from.count()
  if (count > ROWS_MAX) malformed(`there are over ${ROWS_MAX} rows`)
  const runs = <T>(read: () => T): Runs<T> => new Runs(from, count, read)
  const difference = (): number => from.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const columns: Columns = {
    sections: runs(() => from.section()),
    names: readNames(from, count),
    tombstones: runs(() => from.boolean()),
    values: readValues(from, count),
    origins: runs(() => from.origin()),
    sequences: runs(difference),
    timestamps: runs(difference),
    logicals: runs(difference),
    priorities: runs(() => from.integer(PRIORITY_MIN, PRIORITY_MAX)),
    rules: runs(() => readRule(from)),
    epochs: runs(() => from.unsigned(Number.MAX_SAFE_INTEGER)),
    contexts: runs(() => readContext(from)),
    groups: runs(() => readPlace(from)),
    reasons: runs(() => (from.nil() ? undefined : from.text(REASON_BYTES_MAX))),
  }
  for (let i = POSITIONS; i < positions; i++) skip(from)
  return assemble(columns, count)
}

interface Columns {
  readonly sections: Runs<string>
  readonly names: readonly string[]
  readonly tombstones: Runs<boolean>
  readonly values: readonly JsonValue[]
  readonly origins: Runs<Origin>
  readonly sequences: Runs<number>
  readonly timestamps: Runs<number>
  readonly logicals: Runs<number>
  readonly priorities: Runs<number>
  readonly rules: Runs<MergeRule>
  readonly epochs: Runs<number>
  readonly contexts: Runs<CausalContext>
  readonly groups: Runs<GroupPlace>
  readonly reasons: Runs<string | undefined>
}

function assemble(columns: Columns, count: number): Update[] {
  const updates: Update[] = []
  let contextEntries = 0
  let before: Update | undefined
  let group: Group | undefined
  for (let row = 0; row < count; row++) {
    const origin = columns.origins.at(row)
    const sequence = sequenceBefore(before, origin) + columns.sequences.at(row)
    if (!isSequence(sequence)) malformed('a sequence is at least 1')
    const timestampMs = (before?.timestampMs ?? 0) + columns.timestamps.at(row)
    const timestampLogical = logicalAfter(before, timestampMs) + columns.logicals.at(row)
    if (!within(timestampMs, TIMESTAMP_MS_MAX) || !within(timestampLogical, LOGICAL_MAX))
      malformed('a timestamp is out of its range')
    const context = columns.contexts.at(row)
    if (context.length > 0) {
      contextEntries += context.length
      if (contextEntries > CONTEXT_ENTRIES_MAX) malformed(`contexts have over ${CONTEXT_ENTRIES_MAX} entries in all`)
      if (contextSequence(context, origin) > 0) malformed('a context names its own origin')
    }
    const place = columns.groups.at(row)
    if (columns.groups.beginsAt(row)) group = groupOf(place, sequence)
    else if (group !== undefined) checkMember(group, sequence)
    before = {
      section: columns.sections.at(row),
      parameter: columns.names[row]!,
      value: valueOrTombstone(columns.values[row]!, columns.tombstones.at(row)),
      origin,
      sequence,
      timestampMs,
      timestampLogical,
      priority: columns.priorities.at(row),
      rule: columns.rules.at(row),
      epoch: columns.epochs.at(row),
      context,
      group,
      reason: columns.reasons.at(row),
      trace: undefined,
      unknownFields: undefined,
    }
    updates.push(before)
  }
  return updates
}

const within = (n: number, max: number): boolean => n >= 0 && n <= max

function valueOrTombstone(value: JsonValue, tombstone: boolean): JsonValue | undefined {
  if (!tombstone) return value
  if (value !== null) malformed('a tombstone has a value')
  return undefined
}

function readNames(from: MessagePackReader, count: number): string[] {
  if (from.array() !== 2 * count) malformed(`there are not ${count} names`)
  const names: string[] = []
  from.beginNames()
  for (let i = 0; i < count; i++) names.push(from.nextName())
  return names
}

function readValues(from: MessagePackReader, count: number): JsonValue[] {
  if (from.array() !== count) malformed(`there are not ${count} values`)
  const values: JsonValue[] = []
  for (let i = 0; i < count; i++) values.push(readValue(from))
  return values
}
