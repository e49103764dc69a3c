import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { AgentClient } from './agent-client.ts'
import { errorText, failure } from './failure.ts'
import { createOutput, type Output } from './output.ts'

export const HTTP_ADDRESS_DEFAULT = '127.0.0.1:7101'

/** The options of every command that asks an agent. */
export interface AgentOptions {
  readonly http: string
  readonly tokenFile?: string
  readonly json?: boolean
}

/** What such a command works with. */
export interface AgentSession {
  readonly client: AgentClient
  readonly output: Output
}

export const jsonOption = (): Option => new Option('--json', 'print one JSON document')

/** Adds a command that asks an agent. */
export function agentCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(new Option('--http <address>', 'the agent to ask').env('CONFIGSYNC_HTTP').default(HTTP_ADDRESS_DEFAULT))
    .addOption(new Option('--token-file <file>', 'file with the token of the agent').env('CONFIGSYNC_TOKEN_FILE'))
    .addOption(jsonOption())
}

/** @throws a CommandFailure for an unusable address (exit code 2) or token file */
export function openSession(options: AgentOptions): AgentSession {
  const token = options.tokenFile ? readToken(options.tokenFile) : undefined
  return { client: new AgentClient({ address: options.http, token }), output: createOutput(options.json === true) }
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw failure('FILE_UNREADABLE', `the token file ${path}: ${errorText(error)}`)
  }
}
