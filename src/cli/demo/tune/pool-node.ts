import { Command } from 'commander'
import type { AgentFlags } from '#agent/settings'
import { addAgentOptions, endWithParent } from '../../commands/agent.ts'
import { runPool } from './pool-workload.ts'

/** The process of one node of `demo --tune`: an agent, and beside it in the same process a worker pool. Flags as of an agent. */
const command = addAgentOptions(new Command('pool-node')).action(async (flags: AgentFlags) => {
  endWithParent()
  const { runAgent } = await import('#agent/run-agent')
  process.exit(await runAgent(flags, (agent) => runPool(agent, process)))
})
await command.parseAsync(process.argv)
