import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { ConfigTree } from '../answers.ts'
import { withoutTunerMemory } from '../config-tree.ts'

export function registerExport(program: Command): void {
  agentCommand(program, 'export', 'print the configuration as JSON that import takes')
    .argument('[section...]', 'only these sections')
    .action(async (sections: string[], options: AgentOptions) => {
      const { client, output } = openSession(options)
      const tree = await client.get<ConfigTree>('/v1/config')
      const wanted = sections.length === 0 ? Object.keys(withoutTunerMemory(tree)) : sections
      output.document(
        Object.fromEntries(wanted.map((section) => [section, Object.hasOwn(tree, section) ? tree[section] : {}])),
      )
    })
}
