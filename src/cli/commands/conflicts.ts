import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { ConflictAnswer, ConflictsAnswer } from '../answers.ts'
import { positiveIntegerOption } from '../options.ts'
import { type Colors, printable, shortValue } from '../output.ts'
import { nameText } from '../parameter-name.ts'

interface ConflictsOptions extends AgentOptions {
  readonly limit?: number
}

export function registerConflicts(program: Command): void {
  agentCommand(program, 'conflicts', 'list concurrent writes that met, newest first, and what decided')
    .option('--limit <n>', 'at most so many', positiveIntegerOption)
    .action(async (options: ConflictsOptions) => {
      const { client, output } = openSession(options)
      const query = options.limit === undefined ? '' : `?limit=${options.limit}`
      const { total, conflicts } = await client.get<ConflictsAnswer>(`/v1/conflicts${query}`)
      if (output.json) return output.document(conflicts)
      if (conflicts.length === 0) return output.notice('No conflict since this agent started.')
      for (const conflict of conflicts) for (const line of conflictLines(conflict, output.colors)) output.line(line)
      if (conflicts.length < total) output.notice(`${conflicts.length} of ${total}`)
    })
}

/** What met, who won, and why. */
export function conflictLines(conflict: ConflictAnswer, colors: Colors): string[] {
  const { winner, losers } = conflict
  return [
    `${colors.dim(new Date(conflict.at).toISOString())} ${colors.cyan(printable(nameText(conflict)))} = ${colors.bold(shortValue(conflict.value))}`,
    `  ${colors.green('won')}   ${shortValue(winner.value)} by ${winner.nodeId}`,
    ...losers.map(
      (loser) =>
        `  ${colors.yellow('lost')}  ${loser.deleted ? 'a delete' : shortValue(loser.value)} by ${loser.nodeId}`,
    ),
    `  ${colors.dim(printable(conflict.explanation))}`,
  ]
}
