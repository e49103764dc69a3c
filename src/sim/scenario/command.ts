import type { Arguments } from './arguments.ts'
import type { Stage } from './stage.ts'

/** What a line does when its turn comes. What it returns is what it prints. */
export type Action = (stage: Stage) => Promise<readonly string[]> | readonly string[]

/** One word of the scenario language. */
export interface CommandKind {
  /** how it is written: the name first */
  readonly usage: string
  readonly does: string
  /** Reads the words behind the name; throws ScenarioFault before anything ran. */
  read(words: Arguments): Action
}

export const SILENT: readonly string[] = []
