import { writeSync } from 'node:fs'
import Table from 'cli-table3'
import pico from 'picocolors'
import { type CommandFailure, EXIT_FAILED, failure } from './failure.ts'

export type Colors = ReturnType<typeof pico.createColors>

/** Where a command writes: results on stdout, everything said about them on stderr. */
export interface Output {
  readonly json: boolean
  readonly colors: Colors
  /** One line of text on stdout. */
  line(text: string): void
  /** Text of several lines on stdout, as it is: a file in some format. */
  text(text: string): void
  /** One line of text on stderr: progress and notices, never with --json. */
  notice(text: string): void
  /** The one JSON document of this command. */
  document(value: unknown): void
  /** One JSON line of a stream of events. */
  event(value: unknown): void
}

/** Colours are for people: only on a terminal, never with --json, never with NO_COLOR (https://no-color.org). */
export function wantsColors(stream: { readonly isTTY?: boolean }, json: boolean): boolean {
  return stream.isTTY === true && !json && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
}

export function createOutput(json: boolean): Output {
  return {
    json,
    colors: pico.createColors(wantsColors(process.stdout, json)),
    text: (text) => void process.stdout.write(text),
    line: (text) => void process.stdout.write(`${text}\n`),
    notice: (text) => void (json || process.stderr.write(`${text}\n`)),
    document: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    event: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
  }
}

/** A failure goes to stderr: `CODE: detail` and the hint, or with --json one object `{ "error": { code, detail, hint } }`. */
export function printFailure(failure: CommandFailure, json: boolean): void {
  const { code, detail, hint } = failure.view
  if (json) {
    writeAll(`${JSON.stringify({ error: { code, detail, hint } })}\n`)
    return
  }
  const colors = pico.createColors(wantsColors(process.stderr, false))
  writeAll(`${colors.red(code)}: ${printable(detail)}\n${hint ? `${colors.dim(printable(hint))}\n` : ''}`)
}

/** Synchronous, because a failure is often the last thing that a process does. */
function writeAll(text: string): void {
  try {
    writeSync(process.stderr.fd, text)
  } catch {
    // Nobody listens any more (EPIPE), or a full pipe would block (EAGAIN): the exit code still tells.
  }
}

/** A reader that went away (`configsync list | head -1`) ends the command quietly; a disk that is full is a failure. */
export function endWithOutput(): void {
  for (const [name, stream] of Object.entries({ stdout: process.stdout, stderr: process.stderr }))
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      printFailure(failure('FILE_UNREADABLE', `${name} cannot be written: ${error.message}`), false)
      process.exit(EXIT_FAILED)
    })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Text of others without what could steer the terminal: control characters are shown as escapes. */
export function printable(text: string): string {
  return text.replace(CONTROL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A value as JSON on one line, cut at `charactersMax`; nothing stands for a parameter without a value. */
export function shortValue(value: unknown, charactersMax = 60): string {
  if (value === undefined) return '(none)'
  const text = printable(JSON.stringify(value))
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`
}

const NO_BORDER = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '',
  'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
} // biome-ignore format: fifteen empty lines say nothing

/** Aligned columns without borders: readable for people, and for `awk`. */
export function table(colors: Colors, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    head: head.map((title) => colors.bold(title)),
    chars: NO_BORDER,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  for (const row of rows) grid.push([...row])
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** 850 ms, 12 s, 4 min, 3.2 h, 5.1 d */
export function duration(elapsedMs: number): string {
  if (elapsedMs < 1_000) return `${elapsedMs < 10 ? elapsedMs.toFixed(1) : Math.round(elapsedMs)} ms`
  if (elapsedMs < 60_000) return `${(elapsedMs / 1_000).toFixed(elapsedMs < 10_000 ? 1 : 0)} s`
  if (elapsedMs < 3_600_000) return `${Math.round(elapsedMs / 60_000)} min`
  if (elapsedMs < 86_400_000) return `${(elapsedMs / 3_600_000).toFixed(1)} h`
  return `${(elapsedMs / 86_400_000).toFixed(1)} d`
}
