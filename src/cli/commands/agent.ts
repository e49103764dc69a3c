import { type Command, Option } from 'commander'
import type { AgentFlags } from '#agent/settings'
import { AGENT_SETTINGS, type AgentSetting } from '#agent/settings-table'

const HELP = `
Every flag can stand in the environment (CONFIGSYNC_NODE_ID for --node-id) or in the file of --config
({ "node-id": "a" }); a flag beats the environment, which beats the file. SIGTERM and Ctrl-C stop it cleanly.

  configsync agent --node-id a --listen 127.0.0.1:4101 --http 127.0.0.1:7101
  configsync agent --node-id b --listen 127.0.0.1:4102 --http 127.0.0.1:7102 --join 127.0.0.1:4101`

export function registerAgent(program: Command): void {
  const command = program
    .command('agent')
    .description('run a node: one process per host, with an HTTP API')
    .addHelpText('after', HELP)
  addAgentOptions(command).action(async (flags: AgentFlags) => {
    endWithParent()
    const { runAgent } = await import('#agent/run-agent')
    process.exit(await runAgent(flags))
  })
}

/** Those of every process that is an agent. */
export function addAgentOptions(command: Command): Command {
  for (const setting of AGENT_SETTINGS) command.addOption(optionOf(setting))
  return command
}

/** The agent itself applies environment, file and defaults, and judges the values: here they are only read. */
function optionOf({ name, argument, description, repeatable, default: otherwise }: AgentSetting): Option {
  const flag = argument === undefined ? `--${name}` : `--${name} <${argument}>`
  const standard = otherwise === undefined ? '' : ` (default ${otherwise})`
  const option = new Option(flag, `${description}${standard}`)
  return repeatable ? option.argParser<string[]>((text, before = []) => [...before, text]) : option
}

/** What was started with an IPC channel, as the demo's agents are, stops when whoever holds the other end is gone. */
export function endWithParent(): void {
  if (!process.channel) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel.unref()
}
