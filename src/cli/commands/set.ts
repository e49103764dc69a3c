import type { Command } from 'commander'
import type { JsonValue } from '#core/json'
import { parameterPath } from '../agent-client.ts'
import { type AgentOptions, type AgentSession, agentCommand, openSession } from '../agent-command.ts'
import type { PatchAnswer, WriteAnswer } from '../answers.ts'
import { failure, usageFailure } from '../failure.ts'
import { readInput } from '../input-file.ts'
import { integerOption, secondsOption } from '../options.ts'
import { shortValue } from '../output.ts'
import { nameText, type ParameterName, parseParameterName, parseValue } from '../parameter-name.ts'
import { waitForAll } from '../replication-wait.ts'

interface Change extends ParameterName {
  readonly value: JsonValue
}

interface SetOptions extends AgentOptions {
  readonly string?: boolean
  readonly file?: string
  readonly priority?: number
  readonly reason?: string
  readonly wait?: true | number
}

const HELP = `
A VALUE that is JSON is taken as JSON (10, true, "text", [1,2], {"a":1}); anything else is taken as a string.
Several section.parameter=VALUE pairs are one atomic change: every node takes all of them in one step, or none.

  configsync set mesh.batch_size_limit 15 --reason "load test"
  configsync set mesh.max_retries=5 mesh.retry_interval_ms=250`

export function registerSet(program: Command): void {
  agentCommand(program, 'set', 'set one parameter, or several in one atomic change')
    .usage('[options] section.parameter VALUE\n       configsync set [options] section.parameter=VALUE …')
    .argument('<name-and-value...>', 'section.parameter VALUE, or pairs section.parameter=VALUE')
    .option('--string', 'take each VALUE as a string, whatever it looks like')
    .option('--file <file>', 'read the value from a file, - for stdin')
    .option('--priority <integer>', 'decides among concurrent writes, the highest wins', integerOption)
    .option('--reason <text>', 'why, for people')
    .option('--wait [seconds]', 'return when every live node has shown that it has the change (10 s)', secondsOption)
    .addHelpText('after', HELP)
    .action(async (words: string[], options: SetOptions) => {
      const session = openSession(options)
      const changes =
        options.file === undefined
          ? parseChanges(words, options.string)
          : [await changeFromFile(words, options.file, options.string)]
      const updates = await write(session, changes, options)
      const nodes = options.wait
        ? await waitForAll(session.client, updates.at(-1)!.update, options.wait === true ? undefined : options.wait)
        : undefined
      report(session, updates, nodes)
    })
}

/** The two forms of the arguments, see HELP. */
export function parseChanges(words: readonly string[], asString = false): Change[] {
  const [first, second] = words
  if (first!.includes('=')) return words.map((word) => parsePair(word, asString))
  if (words.length !== 2)
    throw usageFailure(`${words.length === 1 ? 'a value is missing' : 'too many values'} for ${first}`)
  return [{ ...parseParameterName(first!), value: parseValue(second!, asString) }]
}

/** @throws FILE_UNREADABLE, or a usage failure unless exactly one parameter is named */
export async function changeFromFile(words: readonly string[], path: string, asString = false): Promise<Change> {
  if (words.length !== 1) throw usageFailure('with --file name exactly one section.parameter, and no value')
  const name = parseParameterName(words[0]!)
  // The line end at the end of a file belongs to the file.
  const text = (await readInput(path)).replace(/\r?\n$/, '')
  // Of a pipe whose program failed, more often than not.
  if (text === '' && !asString) throw failure('FILE_UNREADABLE', `${path} is empty; --string takes that as a string`)
  return { ...name, value: parseValue(text, asString) }
}

function parsePair(word: string, asString: boolean): Change {
  const equals = word.indexOf('=')
  if (equals === -1) throw usageFailure(`"${word}" is no section.parameter=VALUE, as the first argument is`)
  return { ...parseParameterName(word.slice(0, equals)), value: parseValue(word.slice(equals + 1), asString) }
}

async function write(
  { client }: AgentSession,
  changes: readonly Change[],
  options: SetOptions,
): Promise<readonly WriteAnswer[]> {
  const { priority, reason } = options
  if (changes.length > 1) {
    const body = { changes: changes.map((change) => ({ ...change, priority, reason })) }
    return (await client.patch<PatchAnswer>('/v1/config', body)).updates
  }
  const { section, parameter, value } = changes[0]!
  return [await client.put<WriteAnswer>(parameterPath(section, parameter), { value, priority, reason })]
}

function report({ output }: AgentSession, updates: readonly WriteAnswer[], nodes: readonly string[] | undefined): void {
  if (output.json) {
    output.document({ updates, ...(nodes ? { nodes } : {}) })
    return
  }
  for (const update of updates) output.line(`${output.colors.cyan(nameText(update))} = ${shortValue(update.value)}`)
  if (nodes) output.notice(`every live node has it: ${nodes.join(', ')}`)
}
