import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import { secondsOption } from '../options.ts'

interface TopOptions extends AgentOptions {
  readonly interval: number
  readonly once?: boolean
}

const INTERVAL_S_DEFAULT = 1

export function registerTop(program: Command): void {
  agentCommand(
    program,
    'top',
    'watch the mesh: who is in step, who is not and since when, the last changes and conflicts',
  )
    .option('--interval <seconds>', 'between two looks', secondsOption, INTERVAL_S_DEFAULT)
    .option('--once', 'look once and end')
    .addHelpText(
      'after',
      '\nOn a terminal q ends it. Without one it prints a look below the other, until Ctrl-C; with --json a line for each.',
    )
    .action(async ({ interval, once, ...options }: TopOptions) => {
      const session = openSession(options)
      const { runTop, runTopPlain } = await import('../top/run.ts')
      const live = process.stdout.isTTY && process.stdin.isTTY && !once && !session.output.json
      await (live ? runTop(session, interval * 1_000) : runTopPlain(session, interval * 1_000, once === true))
    })
}
