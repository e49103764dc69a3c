import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { encodeUpdates } from '#codec/update'
import type { StoreBatch, StoredState } from '#core/effects'
import { isNodeId, isOrigin, isSequence, type NodeId, type Origin, type Sequence } from '#core/identity'
import { LOGICAL_MAX, TIMESTAMP_MS_MAX } from '#core/limits'
import type { OriginCoverage, SequenceRange } from '#core/protocol'
import type { Update } from '#core/update'
import { checksumOf, checksumOfBytes } from './checksum.ts'
import { corrupt } from './failure.ts'
import { readUpdatesBlob } from './updates-blob.ts'

/** The one row that says who the node is and how far it has counted. */
export interface NodeRow extends Pick<StoredState, 'nodeId' | 'origin' | 'sequence' | 'epoch' | 'clock'> {
  /** the identity of the file that was closed cleanly; undefined while it is in use, and after a kill */
  readonly closedFile: string | undefined
}

/** The tables that hold what a node goes on with. Everything read from them is checked; a row that fails is named. */
export class StateTables {
  private readonly database: DatabaseSync
  private readonly putNode: StatementSync
  private readonly putParameter: StatementSync
  private readonly dropParameter: StatementSync
  private readonly putSeen: StatementSync
  private readonly putCollected: StatementSync

  constructor(database: DatabaseSync) {
    this.database = database
    this.putNode = database.prepare('INSERT OR REPLACE INTO node VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.putParameter = database.prepare('INSERT OR REPLACE INTO parameter VALUES (?, ?, ?, ?)')
    this.dropParameter = database.prepare('DELETE FROM parameter WHERE section = ? AND parameter = ?')
    this.putSeen = database.prepare('INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)')
    this.putCollected = database.prepare('INSERT OR REPLACE INTO collected VALUES (?, ?, ?)')
  }

  /**
   * @param file the identity of the file that is read
   * @returns undefined when the store is new
   * @throws ConfigSyncError STORE_CORRUPT
   */
  read(file: string): StoredState | undefined {
    const node = this.readNode()
    const updates = this.readParameters()
    const seen = this.readSeen()
    if (node !== undefined) {
      const { closedFile, ...rest } = node
      const copied = closedFile !== undefined && closedFile !== file
      const collected = this.readCollected()
      return { ...rest, clean: closedFile === file, ...(copied && { copied }), updates, seen, collected }
    }
    if (updates.length + seen.length > 0) throw corrupt('the row of table node is missing')
    return undefined
  }

  private *rows(sql: string): IterableIterator<unknown[]> {
    const statement = this.database.prepare(sql)
    statement.setReturnArrays(true)
    // Typed as objects, whatever setReturnArrays says.
    yield* statement.iterate() as Iterable<unknown> as Iterable<unknown[]>
  }

  private readNode(): NodeRow | undefined {
    const [row] = this.rows(
      'SELECT node_id, closed_file, origin, sequence, epoch, clock_ms, clock_logical, checksum FROM node',
    )
    if (row === undefined) return undefined
    const checksum = row.pop()
    const [nodeId, closedFile, origin, sequence, epoch, ms, logical] = row
    const sound =
      checksumOf(row as (string | number | null)[]) === checksum &&
      isNodeId(nodeId) &&
      (origin === null || isOrigin(origin)) &&
      isCount(sequence, Number.MAX_SAFE_INTEGER) &&
      isCount(epoch, Number.MAX_SAFE_INTEGER) &&
      isCount(ms, TIMESTAMP_MS_MAX) &&
      isCount(logical, LOGICAL_MAX)
    if (!sound) throw corrupt('the row of table node is damaged')
    return {
      nodeId: nodeId as NodeId,
      closedFile: (closedFile as string | null) ?? undefined,
      origin: (origin as Origin | null) ?? undefined,
      sequence: sequence as number,
      epoch: epoch as number,
      clock: [ms as number, logical as number],
    }
  }

  private readParameters(): Update[] {
    const updates: Update[] = []
    for (const row of this.rows('SELECT section, parameter, siblings, checksum FROM parameter')) {
      const [section, parameter, blob, checksum] = row as [string, string, Uint8Array, number]
      const name = () => `table parameter, ${section}.${parameter}`
      for (const update of readUpdatesBlob(blob, checksum, name)) {
        if (update.section !== section || update.parameter !== parameter)
          throw corrupt(`${name()} is damaged: it holds ${update.section}.${update.parameter}`)
        updates.push(update)
      }
    }
    return updates
  }

  private readSeen(): OriginCoverage[] {
    const seen: OriginCoverage[] = []
    for (const row of this.rows('SELECT origin, contiguous, ranges, checksum FROM seen')) {
      const [origin, contiguous, ranges, checksum] = row as [string, number, string, number]
      if (checksumOf([origin, contiguous, ranges]) !== checksum || !isOrigin(origin))
        throw corrupt(`table seen, ${origin} is damaged`)
      seen.push({ origin, contiguous, ranges: rangesOf(ranges, contiguous, origin) })
    }
    return seen
  }

  private readCollected(): [Origin, Sequence][] {
    const collected: [Origin, Sequence][] = []
    for (const row of this.rows('SELECT origin, sequence, checksum FROM collected')) {
      const [origin, sequence, checksum] = row as [string, number, number]
      if (checksumOf([origin, sequence]) !== checksum || !isOrigin(origin) || !isSequence(sequence))
        throw corrupt(`table collected, ${origin} is damaged`)
      collected.push([origin, sequence])
    }
    return collected
  }

  writeNode({ nodeId, closedFile, origin, sequence, epoch, clock }: NodeRow): void {
    const row = [nodeId, closedFile ?? null, origin ?? null, sequence, epoch, ...clock]
    this.putNode.run(...row, checksumOf(row))
  }

  write({ complete, parameters, seen, collected }: StoreBatch): void {
    if (complete) this.database.exec('DELETE FROM parameter; DELETE FROM seen')
    for (const { section, parameter, siblings } of parameters) {
      if (siblings.length === 0) this.dropParameter.run(section, parameter)
      else this.writeParameter(section, parameter, encodeUpdates(siblings))
    }
    for (const { origin, contiguous, ranges } of seen) {
      const row = [origin, contiguous, JSON.stringify(ranges)]
      this.putSeen.run(...row, checksumOf(row))
    }
    if (collected === undefined) return
    this.database.exec('DELETE FROM collected')
    for (const dot of collected) this.putCollected.run(...dot, checksumOf(dot))
  }

  private writeParameter(section: string, parameter: string, blob: Uint8Array): void {
    this.putParameter.run(section, parameter, blob, checksumOfBytes(blob))
  }
}

const isCount = (value: unknown, max: number): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max

/** Pairs in ascending order, with a gap before each, as in `OriginCoverage`. */
function rangesOf(text: string, contiguous: number, origin: Origin): SequenceRange[] {
  const ranges = JSON.parse(text) as SequenceRange[]
  let end = contiguous
  for (const [from, to] of ranges) {
    if (!isSequence(from) || !isSequence(to) || from < end + 2 || to < from)
      throw corrupt(`table seen, ${origin} is damaged: its ranges are not in order`)
    end = to
  }
  return ranges
}
