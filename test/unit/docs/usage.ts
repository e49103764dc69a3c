import { type Command, CommanderError } from 'commander'
import { createProgram } from '#cli/program'

/** What the command line would refuse about these arguments, undefined when it would go to work. Does not go to work. */
export async function usageFault(words: readonly string[]): Promise<string | undefined> {
  const program = createProgram()
  disarm(program)
  try {
    await program.parseAsync([...words], { from: 'user' })
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? undefined : error.message
  }
}

function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
  if (command.commands.length === 0) command.action(() => {})
  for (const below of command.commands) disarm(below)
}
