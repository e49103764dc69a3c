import type { Origin, Sequence } from '#core/identity'
import type { Coverage, PullAnswer, PullRequest, Repair } from '#core/protocol'
import { fitsColumns, readColumns, writeColumns } from './columns.ts'
import { readCoverage, readDotList, readDots, readHash, writeCoverage, writeDotList, writeHash } from './coverage.ts'
import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'
import { readUpdates, writeUpdates } from './update.ts'
import type { MessagePackWriter } from './writer.ts'

export const PULL_REQUEST_POSITIONS = 7
/** Before `columns` came. */
export const PULL_REQUEST_POSITIONS_LEAST = 6
export const PULL_ANSWER_POSITIONS = 11
export const PULL_ANSWER_POSITIONS_LEAST = 10
export const REPAIR_POSITIONS = 3

type Cursor = readonly [Origin, Sequence] | undefined

export function writePullRequest(to: MessagePackWriter, request: PullRequest): void {
  to.integer(request.session)
  writeCoverage(to, request.seen)
  writeSnapshot(to, request.snapshot)
  writeCursor(to, request.cursor)
  to.boolean(request.full)
  to.boolean(request.union)
  to.boolean(request.columns)
}

/** @param positions how many there are, which is fewer from an older node */
export function readPullRequest(from: MessagePackReader, positions: number): PullRequest {
  return {
    session: from.unsigned(Number.MAX_SAFE_INTEGER),
    seen: readCoverage(from),
    snapshot: from.nil() ? undefined : readCoverage(from),
    cursor: readCursor(from),
    full: from.boolean(),
    union: from.boolean(),
    columns: positions >= PULL_REQUEST_POSITIONS && from.boolean(),
  }
}

export function writePullAnswer(to: MessagePackWriter, answer: PullAnswer): void {
  to.integer(answer.session)
  const columns = answer.columns && fitsColumns(answer.updates)
  writeUpdates(to, columns ? [] : answer.updates)
  to.boolean(answer.last)
  writeCursor(to, answer.cursor)
  writeSnapshot(to, answer.snapshot)
  if (answer.collected === undefined) to.nil()
  else writeDotList(to, answer.collected)
  writeHash(to, answer.basis)
  to.boolean(answer.full)
  if (answer.dots === undefined) to.nil()
  else writeCoverage(to, answer.dots)
  if (columns) writeColumns(to, answer.updates)
  else to.nil()
}

/** @param positions as with a request */
export function readPullAnswer(from: MessagePackReader, positions: number): PullAnswer {
  const answer = readAnswerInRows(from)
  if (positions < PULL_ANSWER_POSITIONS || from.nil()) return answer
  if (answer.updates.length > 0) malformed('an answer has updates in rows and in columns')
  return { ...answer, updates: readColumns(from), columns: true }
}

function readAnswerInRows(from: MessagePackReader): PullAnswer {
  return {
    session: from.unsigned(Number.MAX_SAFE_INTEGER),
    updates: readUpdates(from),
    last: from.boolean(),
    cursor: readCursor(from),
    snapshot: from.nil() ? undefined : readCoverage(from),
    collected: from.nil() ? undefined : readDotList(from),
    basis: readHash(from),
    full: from.boolean(),
    dots: from.nil() ? undefined : readDots(from),
    columns: false,
  }
}

export function writeRepair(to: MessagePackWriter, repair: Repair): void {
  writeCoverage(to, repair.base)
  writeCoverage(to, repair.seen)
  writeUpdates(to, repair.updates)
}

export const readRepair = (from: MessagePackReader): Repair => ({
  base: readCoverage(from),
  seen: readCoverage(from),
  updates: readUpdates(from),
})

function writeSnapshot(to: MessagePackWriter, snapshot: Coverage | undefined): void {
  if (snapshot === undefined) to.nil()
  else writeCoverage(to, snapshot)
}

function writeCursor(to: MessagePackWriter, cursor: Cursor): void {
  if (cursor === undefined) to.nil()
  else writeDotList(to, [cursor])
}

function readCursor(from: MessagePackReader): Cursor {
  if (from.nil()) return undefined
  const dots = readDotList(from)
  return dots.length === 1 ? dots[0] : malformed('a cursor is one origin and one sequence')
}
