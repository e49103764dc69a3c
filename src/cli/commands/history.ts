import type { Command } from 'commander'
import { historyPath } from '../agent-client.ts'
import { type AgentOptions, type AgentSession, agentCommand, openSession } from '../agent-command.ts'
import type { ChangeAnswer, ConfigTree, HistoryAnswer } from '../answers.ts'
import { usageFailure } from '../failure.ts'
import { checkPicture, printDiagram } from '../history-picture.ts'
import { positiveIntegerOption } from '../options.ts'
import { type Colors, printable, shortValue } from '../output.ts'
import { nameText, type ParameterName, parseParameterName } from '../parameter-name.ts'
import { parameterNames } from './get.ts'

export interface HistoryOptions extends AgentOptions {
  readonly limit: number
  readonly all?: boolean
  readonly diagram?: boolean
  readonly format?: 'shiviz' | 'json'
  readonly mermaid?: boolean
  readonly svg?: string
}

const LIMIT_DEFAULT = 20
/** As wide as a time in ISO 8601. */
const WHEN_WIDTH = 24
/** Histories that are asked for at a time. */
const ASKED_AT_ONCE = 8

const HELP = `
A line for each change as this agent saw it come: when, its id, the value, how it came (local, remote, repair; earlier: it stood
here already), why. Below it what it replaced, and which concurrent values won or lost by which rule.
Go back to any of them with: configsync rollback section.parameter --to ID

--diagram, --mermaid, --svg and --format draw who wrote what, and what each writer had seen, from the oldest to the newest.
ShiViz reads --format shiviz with its preset expression: (?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)`

export function registerHistory(program: Command): void {
  agentCommand(program, 'history', 'list what a parameter went through, newest first: who, when, why, what lost')
    .argument('[name]', 'section.parameter')
    .option('--all', 'every parameter, for a diagram or a format')
    .option('--limit <n>', 'at most so many changes of each', positiveIntegerOption, LIMIT_DEFAULT)
    .option('--diagram', 'draw it as a space-time diagram')
    .option('--mermaid', 'draw it as a Mermaid sequence diagram')
    .option('--svg <file>', 'save it as a picture')
    .option('--format <format>', 'shiviz: the log that ShiViz reads; json: the diagram as data', formatOption)
    .addHelpText('after', HELP)
    .action(async (word: string | undefined, options: HistoryOptions) => {
      checkPicture(options)
      const session = openSession(options)
      if (isPicture(options)) return printDiagram(await histories(session, word, options), options, session.output)
      if (word === undefined) throw usageFailure('name a parameter, or draw all with --all --diagram')
      await printHistory(session, parseParameterName(word), options.limit)
    })
}

function formatOption(word: string): 'shiviz' | 'json' {
  if (word === 'shiviz' || word === 'json') return word
  throw usageFailure(`--format ${word}: there are shiviz and json`)
}

const isPicture = ({ diagram, format, mermaid, svg }: HistoryOptions): boolean =>
  diagram === true || mermaid === true || svg !== undefined || format !== undefined

const historyOf = ({ client }: AgentSession, { section, parameter }: ParameterName, limit: number) =>
  client.get<HistoryAnswer>(`${historyPath(section, parameter)}?limit=${limit}`)

async function histories(
  session: AgentSession,
  word: string | undefined,
  { all, limit }: HistoryOptions,
): Promise<HistoryAnswer[]> {
  if ((word === undefined) === (all !== true)) throw usageFailure('name one parameter, or give --all')
  if (word !== undefined) return [await historyOf(session, parseParameterName(word), limit)]
  const names = parameterNames(await session.client.get<ConfigTree>('/v1/config'))
  const answers: HistoryAnswer[] = []
  for (let i = 0; i < names.length; i += ASKED_AT_ONCE) {
    const some = names.slice(i, i + ASKED_AT_ONCE).map((name) => historyOf(session, parseParameterName(name), limit))
    answers.push(...(await Promise.all(some)))
  }
  return answers
}

async function printHistory(session: AgentSession, name: ParameterName, limit: number): Promise<void> {
  const { output } = session
  const { total, history } = await historyOf(session, name, limit)
  if (output.json) return output.document(history)
  if (total === 0) return output.notice(`No change of ${nameText(name)} is remembered.`)
  for (const change of history) for (const line of changeLines(change, output.colors)) output.line(line)
  if (history.length < total) output.notice(`${history.length} of ${total}`)
}

type UpdateAnswer = ChangeAnswer['update']

/** When, which, what, how, why; then what it met. */
export function changeLines(change: ChangeAnswer, colors: Colors): string[] {
  const { id, update, source, dropped, superseded, concurrent, explanation } = change
  const when = change.at === null ? 'earlier' : new Date(change.at).toISOString()
  const how = dropped ? `${source}, dropped` : source
  const why = update.reason === null ? '' : `  ${JSON.stringify(update.reason)}`
  const head = `${colors.dim(when.padEnd(WHEN_WIDTH))}  ${colors.cyan(id)}  ${colors.bold(shownValue(update))}  ${how}${printable(why)}`
  if (dropped) return [head, `  ${colors.dim(explanation)}`]
  const replaced = superseded.map((one) => `  ${colors.dim('replaced')}  ${named(one)}`)
  if (concurrent.length === 0) return [head, ...replaced]
  const met = [update, ...concurrent].map((one) =>
    isSame(one, change.winner!)
      ? `  ${colors.green('won')}       ${named(one)}`
      : `  ${colors.yellow('lost')}      ${named(one)}`,
  )
  return [head, ...replaced, ...met, `  ${colors.dim(printable(`${change.decidedBy}: ${explanation}`))}`]
}

const isSame = (a: UpdateAnswer, b: UpdateAnswer): boolean => a.origin === b.origin && a.sequence === b.sequence
const named = (update: UpdateAnswer): string => `${shownValue(update)} (${update.nodeId}:${update.sequence})`
const shownValue = ({ value, deleted }: UpdateAnswer): string => (deleted ? 'deleted' : shortValue(value))
