import { malformed } from './defect.ts'
import type { MessagePackReader } from './reader.ts'
import type { MessagePackWriter } from './writer.ts'

/** A column that hardly changes: [value, how often, value, how often …]. @param same whether two neighbours share a value */
export function writeRuns<Row>(
  to: MessagePackWriter,
  rows: readonly Row[],
  same: (a: Row, b: Row) => boolean,
  write: (row: Row) => void,
): void {
  const ends: number[] = []
  for (let i = 1; i < rows.length; i++) if (!same(rows[i - 1]!, rows[i]!)) ends.push(i)
  if (rows.length > 0) ends.push(rows.length)
  to.array(2 * ends.length)
  let from = 0
  for (const end of ends) {
    write(rows[from]!)
    to.integer(end - from)
    from = end
  }
}

const equal = (a: number, b: number): boolean => a === b

export const writeNumberRuns = (to: MessagePackWriter, numbers: readonly number[]): void =>
  writeRuns(to, numbers, equal, (n) => to.integer(n))

/** A column on the reading side, asked for one row after the other. */
export class Runs<T> {
  private readonly values: T[] = []
  private readonly ends: number[] = []
  private place = 0

  /** @param count rows of the column: its runs have exactly as many */
  constructor(from: MessagePackReader, count: number, read: () => T) {
    const length = from.array()
    if (length % 2 !== 0) malformed('a column has a value without a count')
    let end = 0
    for (let i = 0; i < length; i += 2) {
      this.values.push(read())
      const run = from.unsigned(count - end)
      if (run === 0) malformed('a run of a column is empty')
      end += run
      this.ends.push(end)
    }
    if (end !== count) malformed(`a column has ${end} of ${count} rows`)
  }

  /** Whether a run begins with this row. */
  beginsAt(row: number): boolean {
    return row === 0 || (this.place > 0 && this.ends[this.place - 1] === row)
  }

  /** @param row the one after that of the call before, or the same */
  at(row: number): T {
    if (row === this.ends[this.place]) this.place++
    return this.values[this.place]!
  }
}
