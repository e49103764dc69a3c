import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { ConfigTree, PatchAnswer } from '../answers.ts'
import { integerOption } from '../options.ts'
import { nameText, type ParameterName, parseParameterName } from '../parameter-name.ts'
import { unknownParameter } from './get.ts'

interface UnsetOptions extends AgentOptions {
  readonly priority?: number
  readonly reason?: string
}

export function registerUnset(program: Command): void {
  agentCommand(program, 'unset', 'delete parameters, several in one atomic change')
    .argument('<name...>', 'section.parameter')
    .option('--priority <integer>', 'decides among concurrent writes, the highest wins', integerOption)
    .option('--reason <text>', 'why, for people')
    .addHelpText('after', '\nA delete loses to a concurrent write. A declared parameter goes back to its default.')
    .action(async (words: string[], options: UnsetOptions) => {
      const names = words.map(parseParameterName)
      const { client, output } = openSession(options)
      refuseUnknown(names, await client.get<ConfigTree>('/v1/config'))
      const { priority, reason } = options
      const body = { changes: names.map((name) => ({ ...name, deleted: true, priority, reason })) }
      const { updates } = await client.patch<PatchAnswer>('/v1/config', body)
      if (output.json) return output.document({ updates })
      for (const name of names) output.line(`${output.colors.cyan(nameText(name))} deleted`)
    })
}

/** A delete of what is not there would be a tombstone that every node keeps for a day, most likely for a slip of the keyboard. */
function refuseUnknown(names: readonly ParameterName[], tree: ConfigTree): void {
  for (const name of names) {
    const known = Object.hasOwn(tree, name.section) && Object.hasOwn(tree[name.section]!, name.parameter)
    if (!known) throw unknownParameter(name, tree)
  }
}
