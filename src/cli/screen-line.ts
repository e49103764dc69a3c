import { stripVTControlCharacters } from 'node:util'

export interface ScreenSize {
  readonly columns: number
  readonly rows: number
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const COLOR = /(\u001b\[[0-9;]*m)/

/** Cuts a line at `columns` characters; colours take no room and are closed. */
export function cutToWidth(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line
  let left = columns - 1
  let text = ''
  for (const [i, piece] of line.split(COLOR).entries()) {
    if (i % 2 === 1) text += piece
    else {
      text += piece.slice(0, left)
      left -= Math.min(left, piece.length)
    }
  }
  return `${text}…`
}
