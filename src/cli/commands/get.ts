import type { Command } from 'commander'
import { nearestName } from '#agent/nearest-name'
import { parameterPath } from '../agent-client.ts'
import { type AgentOptions, type AgentSession, agentCommand, openSession } from '../agent-command.ts'
import type { ConfigTree, ParameterAnswer } from '../answers.ts'
import { CommandFailure, failure } from '../failure.ts'
import { nameText, type ParameterName, parseSelection } from '../parameter-name.ts'

interface GetOptions extends AgentOptions {
  readonly raw?: boolean
}

export function registerGet(program: Command): void {
  agentCommand(program, 'get', 'print a value, a section, or everything, as JSON')
    .argument('[name]', 'section.parameter, or section; everything without it')
    .option('--raw', 'print a string without its quotes')
    .addHelpText(
      'after',
      '\nWith --json one parameter is printed with everything behind it: its update and its siblings.',
    )
    .action(async (name: string | undefined, options: GetOptions) => {
      const session = openSession(options)
      const { section, parameter } = parseSelection(name)
      if (section === undefined || parameter === undefined) await printTree(session, section)
      else await printParameter(session, { section, parameter }, options.raw === true)
    })
}

async function printTree({ client, output }: AgentSession, section: string | undefined): Promise<void> {
  const tree = await client.get<ConfigTree>('/v1/config')
  if (section === undefined) return output.document(tree)
  const parameters = Object.hasOwn(tree, section) ? tree[section] : undefined
  if (!parameters) throw unknownName(`no section ${section}`, section, Object.keys(tree))
  output.document(parameters)
}

/** @throws PARAMETER_UNKNOWN with the nearest name that there is */
export async function fetchParameter({ client }: AgentSession, name: ParameterName): Promise<ParameterAnswer> {
  return client.get<ParameterAnswer>(parameterPath(name.section, name.parameter)).catch(async (error: unknown) => {
    const unknown = error instanceof CommandFailure && error.view.code === 'PARAMETER_UNKNOWN'
    throw unknown ? unknownParameter(name, await client.get<ConfigTree>('/v1/config')) : error
  })
}

async function printParameter(session: AgentSession, name: ParameterName, raw: boolean): Promise<void> {
  const { output } = session
  const answer = await fetchParameter(session, name)
  if (output.json) return output.document(answer)
  // A deleted parameter that is declared has its default again.
  if (answer.source === 'none') {
    const detail = `${nameText(name)} ${answer.deleted ? 'was deleted' : 'has no value'}`
    throw failure('PARAMETER_UNKNOWN', detail, 'Set it, or see what there is with: configsync list')
  }
  if (raw && typeof answer.value === 'string') return output.line(answer.value)
  output.document(answer.value)
}

/** The failure for a parameter that an agent does not have, with the nearest names that it has. */
export function unknownParameter(name: ParameterName, tree: ConfigTree): CommandFailure {
  return unknownName(`no parameter ${nameText(name)}`, nameText(name), parameterNames(tree))
}

function unknownName(detail: string, word: string, names: readonly string[]): CommandFailure {
  const nearest = nearestName(word, names)
  return failure(
    'PARAMETER_UNKNOWN',
    detail,
    nearest ? `Did you mean ${nearest}?` : 'See what there is with: configsync list',
  )
}

export const parameterNames = (tree: ConfigTree): string[] =>
  Object.entries(tree).flatMap(([section, parameters]) =>
    Object.keys(parameters).map((parameter) => `${section}.${parameter}`),
  )
