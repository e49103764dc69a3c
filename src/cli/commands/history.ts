import type { Command } from 'commander'
import { historyPath } from '../agent-client.ts'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { ChangeAnswer, HistoryAnswer } from '../answers.ts'
import { positiveIntegerOption } from '../options.ts'
import { type Colors, printable, shortValue } from '../output.ts'
import { nameText, parseParameterName } from '../parameter-name.ts'

interface HistoryOptions extends AgentOptions {
  readonly limit: number
}

const LIMIT_DEFAULT = 20
/** As wide as a time in ISO 8601. */
const WHEN_WIDTH = 24

const HELP = `
A line for each change as this agent saw it come: when, its id, the value, how it came (local, remote, repair; earlier: it stood
here already), why. Below it what it replaced, and which concurrent values won or lost by which rule.
Go back to any of them with: configsync rollback section.parameter --to ID`

export function registerHistory(program: Command): void {
  agentCommand(program, 'history', 'list what a parameter went through, newest first: who, when, why, what lost')
    .argument('<name>', 'section.parameter')
    .option('--limit <n>', 'at most so many', positiveIntegerOption, LIMIT_DEFAULT)
    .addHelpText('after', HELP)
    .action(async (word: string, options: HistoryOptions) => {
      const name = parseParameterName(word)
      const { client, output } = openSession(options)
      const path = `${historyPath(name.section, name.parameter)}?limit=${options.limit}`
      const { total, history } = await client.get<HistoryAnswer>(path)
      if (output.json) return output.document(history)
      if (total === 0) return output.notice(`No change of ${nameText(name)} is remembered.`)
      for (const change of history) for (const line of changeLines(change, output.colors)) output.line(line)
      if (history.length < total) output.notice(`${history.length} of ${total}`)
    })
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
