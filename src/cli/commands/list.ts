import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { ConfigTree } from '../answers.ts'
import { withoutTunerMemory } from '../config-tree.ts'
import { printable, shortValue, table } from '../output.ts'
import { parameterNames } from './get.ts'

interface ListOptions extends AgentOptions {
  readonly names?: boolean
}

export function registerList(program: Command): void {
  agentCommand(program, 'list', 'list parameters and their values')
    .argument('[section]', 'only this section')
    .option('--names', 'print only the names, one a line')
    .action(async (section: string | undefined, options: ListOptions) => {
      const { client, output } = openSession(options)
      const tree = pick(await client.get<ConfigTree>('/v1/config'), section)
      if (options.names)
        return output.json ? output.document(parameterNames(tree)) : parameterNames(tree).forEach(output.line)
      if (output.json) return output.document(rows(tree))
      const lines = rows(tree).map((row) => [
        output.colors.cyan(printable(`${row.section}.${row.parameter}`)),
        shortValue(row.value, 80),
      ])
      if (lines.length === 0)
        return output.notice(section === undefined ? 'Nothing is set yet.' : `Nothing is set in ${printable(section)}.`)
      output.line(table(output.colors, ['parameter', 'value'], lines))
    })
}

function pick(tree: ConfigTree, section: string | undefined): ConfigTree {
  if (section === undefined) return withoutTunerMemory(tree)
  return Object.hasOwn(tree, section) ? { [section]: tree[section]! } : {}
}

const rows = (tree: ConfigTree) =>
  Object.entries(tree).flatMap(([section, parameters]) =>
    Object.entries(parameters).map(([parameter, value]) => ({ section, parameter, value })),
  )
