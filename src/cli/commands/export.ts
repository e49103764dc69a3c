import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { ConfigTree } from '../answers.ts'
import { withoutTunerMemory } from '../config-tree.ts'
import { failure } from '../failure.ts'

export function registerExport(program: Command): void {
  agentCommand(program, 'export', 'print the configuration as JSON that import takes')
    .argument('[section...]', 'only these sections')
    .action(async (sections: string[], options: AgentOptions) => {
      const { client, output } = openSession(options)
      const tree = await client.get<ConfigTree>('/v1/config')
      const missing = sections.filter((section) => !Object.hasOwn(tree, section))
      // A backup of what was misspelt would be an empty one.
      if (missing.length > 0)
        throw failure(
          'PARAMETER_UNKNOWN',
          `no section ${missing.join(', ')}`,
          'See what there is with: configsync list',
        )
      const wanted = sections.length === 0 ? Object.keys(withoutTunerMemory(tree)) : sections
      output.document(Object.fromEntries(wanted.map((section) => [section, tree[section]])))
    })
}
