import { ConfigSyncError } from '#core/errors'
import { Arguments } from './arguments.ts'
import type { Action } from './command.ts'
import { SCENARIO_COMMANDS } from './commands.ts'
import { ScenarioFault } from './fault.ts'
import { wordsOf } from './words.ts'

/** One line that does something. */
export interface ScenarioStep {
  /** from 1 */
  readonly line: number
  readonly act: Action
}

/** Commands that are performed one after the other, and what they are to print. */
export interface ScenarioBlock {
  /** the lines as they were written */
  readonly written: readonly string[]
  readonly steps: readonly ScenarioStep[]
  /** undefined when the file does not say yet */
  readonly expected: readonly string[] | undefined
  /** of its first line, from 1 */
  readonly line: number
}

/** A story: prose (comments and empty lines, kept as they are) and blocks, in the order of the file. */
export interface Scenario {
  readonly name: string
  readonly parts: readonly (string | ScenarioBlock)[]
}

const SEPARATOR = '----'
const isProse = (line: string): boolean => line.trim() === '' || line.startsWith('#')

/**
 * Reads a scenario; nothing runs.
 * @param name the file, for messages
 * @throws ConfigSyncError SCENARIO_INVALID naming the line
 */
export function parseScenario(text: string, name: string): Scenario {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const parts: (string | ScenarioBlock)[] = []
  let at = 0
  while (at < lines.length) {
    if (isProse(lines[at]!)) {
      parts.push(lines[at++]!)
      continue
    }
    const block = blockAt(lines, at, name)
    parts.push(block)
    at += block.written.length + (block.expected === undefined ? 0 : block.expected.length + 1)
  }
  if (!parts.some((part) => typeof part !== 'string')) throw scenarioInvalid(name, 1, 'it has no command')
  return { name, parts }
}

/** Commands up to the separator or an empty line, then what they print up to an empty line. */
function blockAt(lines: readonly string[], start: number, name: string): ScenarioBlock {
  let end = start
  while (end < lines.length && lines[end]!.trim() !== '' && lines[end] !== SEPARATOR) end++
  if (end === start) throw scenarioInvalid(name, start + 1, `${SEPARATOR} without a command above it`)
  const written = lines.slice(start, end)
  const steps = written.flatMap((line, i) =>
    isProse(line) ? [] : [{ line: start + i + 1, act: actionOf(line, name, start + i + 1) }],
  )
  if (lines[end] !== SEPARATOR) return { written, steps, expected: undefined, line: start + 1 }
  let last = end + 1
  while (last < lines.length && lines[last]!.trim() !== '') last++
  return { written, steps, expected: lines.slice(end + 1, last), line: start + 1 }
}

function actionOf(line: string, name: string, number: number): Action {
  const [command = '', ...words] = locally(name, number, () => wordsOf(line))
  if (!Object.hasOwn(SCENARIO_COMMANDS, command)) throw scenarioInvalid(name, number, `there is no command ${command}`)
  const { usage, read } = SCENARIO_COMMANDS[command]!
  return locally(
    name,
    number,
    () => {
      const given = new Arguments(words)
      const action = read(given)
      given.end()
      return action
    },
    usage,
  )
}

/** Whatever is at fault is said with its place. */
function locally<T>(name: string, line: number, act: () => T, usage?: string): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof ScenarioFault)) throw error
    throw scenarioInvalid(name, line, usage ? `${error.message} (usage: ${usage})` : error.message)
  }
}

export const scenarioInvalid = (name: string, line: number, detail: string): ConfigSyncError =>
  new ConfigSyncError('SCENARIO_INVALID', `${name}:${line}: ${detail}`)

/** The file as it would be with these outputs. */
export function scenarioText({ parts }: Scenario, outputs: ReadonlyMap<ScenarioBlock, readonly string[]>): string {
  const lines = parts.flatMap((part) =>
    typeof part === 'string' ? [part] : [...part.written, SEPARATOR, ...(outputs.get(part) ?? part.expected ?? [])],
  )
  return `${lines.join('\n')}\n`
}
