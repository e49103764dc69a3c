import { isUtf8 } from 'node:buffer'
import { nameDefect, sectionDefect } from '#core/names'
import { malformed } from './defect.ts'

/** A text of valid UTF-8. The result has its own memory: it keeps no frame alive. */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  return isAscii(bytes, start, end) ? bytes.toString('latin1', start, end) : decodeUtf8(bytes, start, end)
}

/** Eight at a time: nothing costs more than this in reading many short values. */
function isAscii(bytes: Buffer, start: number, end: number): boolean {
  let i = start
  for (; i + 8 <= end; i += 8) {
    const low = bytes[i]! | bytes[i + 1]! | bytes[i + 2]! | bytes[i + 3]!
    const high = bytes[i + 4]! | bytes[i + 5]! | bytes[i + 6]! | bytes[i + 7]!
    if ((low | high) > 0x7f) return false
  }
  for (; i < end; i++) if (bytes[i]! > 0x7f) return false
  return true
}

/** A name within the rules of `#core/names`. */
export function decodeName(bytes: Buffer, start: number, end: number): string {
  if (start < end && printable(bytes, start, end)) return bytes.toString('latin1', start, end)
  const name = decodeText(bytes, start, end)
  refuse(nameDefect(name))
  return name
}

export function decodeSection(bytes: Buffer, start: number, end: number): string {
  const section = decodeText(bytes, start, end)
  refuse(sectionDefect(section))
  return section
}

function decodeUtf8(bytes: Buffer, start: number, end: number): string {
  if (!isUtf8(bytes.subarray(start, end))) malformed('a text is not valid UTF-8')
  return bytes.toString('utf8', start, end)
}

/** Whether all of it is ASCII without control characters, which needs no closer look. */
function printable(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return false
  return true
}

function refuse(defect: string | undefined): void {
  if (defect !== undefined) malformed(defect)
}
