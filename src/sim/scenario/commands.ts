import type { CommandKind } from './command.ts'
import { LIFE_COMMANDS } from './life-commands.ts'
import { NETWORK_COMMANDS } from './network-commands.ts'
import { QUESTIONS } from './questions.ts'
import { TIME_COMMANDS } from './time-commands.ts'
import { WRITE_COMMANDS } from './write-commands.ts'

/** The whole language. docs/simulator.md prints this table and a test holds the two equal. */
export const SCENARIO_COMMANDS: Readonly<Record<string, CommandKind>> = {
  ...LIFE_COMMANDS,
  ...NETWORK_COMMANDS,
  ...WRITE_COMMANDS,
  ...TIME_COMMANDS,
  ...QUESTIONS,
}
