import type { Command } from 'commander'
import { historyPath } from '../agent-client.ts'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { WriteAnswer } from '../answers.ts'
import { integerOption, secondsOption } from '../options.ts'
import { shortValue } from '../output.ts'
import { nameText, parseParameterName } from '../parameter-name.ts'
import { waitForAll } from '../replication-wait.ts'

interface RollbackOptions extends AgentOptions {
  readonly to: string
  readonly priority?: number
  readonly reason?: string
  readonly wait?: true | number
}

const HELP = `
The old value, or its deletion, is published as a new update, which replaces what stands now. --to takes

  node-1:5                  the change with this id, as configsync history prints it: its own value, even if that had lost
  -1, -2 …                  what the parameter was one change ago, two …
  2026-01-01T12:00:00Z      what it was at that time, as this agent saw it`

export function registerRollback(program: Command): void {
  agentCommand(program, 'rollback', 'write an old value of a parameter again')
    .argument('<name>', 'section.parameter')
    .requiredOption('--to <change>', 'an id of the history, so many changes back, or a time')
    .option('--priority <integer>', 'decides among concurrent writes, the highest wins', integerOption)
    .option('--reason <text>', 'why, for people; else it says what it rolls back to')
    .option('--wait [seconds]', 'return when every live node has shown that it has the change (10 s)', secondsOption)
    .addHelpText('after', HELP)
    .action(async (word: string, { to, priority, reason, wait, ...agent }: RollbackOptions) => {
      const { section, parameter } = parseParameterName(word)
      const { client, output } = openSession(agent)
      const path = `${historyPath(section, parameter)}/rollback`
      const written = await client.post<WriteAnswer>(path, { to, priority, reason })
      const nodes = wait ? await waitForAll(client, written.update, wait === true ? undefined : wait) : undefined
      if (output.json) return output.document({ ...written, ...(nodes && { nodes }) })
      const name = output.colors.cyan(nameText(written))
      output.line(written.deleted ? `${name} deleted` : `${name} = ${shortValue(written.value)}`)
      if (nodes) output.notice(`every live node has it: ${nodes.join(', ')}`)
    })
}
