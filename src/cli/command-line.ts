import { type Command, CommanderError } from 'commander'
import { type CommandFailure, EXIT_USAGE, toFailure, usageFailure } from './failure.ts'
import { printFailure } from './output.ts'
import { createProgram } from './program.ts'

/** Runs one command line and resolves with its exit code: 0, 1 failed, 2 usage. Prints what went wrong, throws nothing. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    const program = createProgram()
    if (words.length === 0) return program.outputHelp({ error: true }) ?? EXIT_USAGE
    await program.parseAsync(unknownCommandIn(words, program) ?? [...words], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    const outcome = error instanceof CommanderError ? ofCommander(error) : toFailure(error)
    if (typeof outcome === 'number') return outcome
    printFailure(outcome, wantsJson(words))
    return outcome.exitCode
  }
}

/**
 * The words up to one that should be a command and is none: commander answers `help` and `--help` for it with the help of
 * everything. Undefined where there is no such word.
 */
function unknownCommandIn(words: readonly string[], program: Command): string[] | undefined {
  let { commands } = program
  const path: string[] = []
  for (const word of words) {
    if (commands.length === 0 || word.startsWith('-')) return undefined
    if (word === 'help') continue
    path.push(word)
    const command = commands.find((one) => one.name() === word || one.aliases().includes(word))
    if (command === undefined) return path
    commands = command.commands
  }
  return undefined
}

/** Help and version end in an "error" of commander's too, already printed; all others are wrong usage. */
function ofCommander(error: CommanderError): CommandFailure | number {
  if (error.exitCode === 0) return 0
  if (error.code === 'commander.help') return EXIT_USAGE
  const [, detail = error.message, suggestion] =
    /^(?:error: )?([\s\S]*?)(?:\n\((Did you mean[\s\S]*)\))?$/.exec(error.message.trim()) ?? []
  return usageFailure(detail, suggestion)
}

/** As far as it can be told from a command line that could not be read. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return words.slice(0, end === -1 ? words.length : end).includes('--json')
}
