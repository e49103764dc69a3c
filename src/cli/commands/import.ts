import type { Command } from 'commander'
import { isJsonObject, type JsonValue, jsonEqual } from '#core/json'
import { FRAME_BYTES_MAX } from '#core/limits'
import { TUNER_STATE_SECTION } from '#node/declarations'
import type { AgentClient } from '../agent-client.ts'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { ConfigTree, PatchAnswer } from '../answers.ts'
import { hasTunerMemory, withoutTunerMemory } from '../config-tree.ts'
import { errorText, failure } from '../failure.ts'
import { readInput } from '../input-file.ts'
import { integerOption } from '../options.ts'
import { type Output, printable, shortValue } from '../output.ts'
import type { ParameterName } from '../parameter-name.ts'

/** Half a frame of JSON: leaves room for what surrounds each value, so that an atomic change always fits its frame. */
const CHANGE_BYTES_MAX = FRAME_BYTES_MAX / 2
const CHANGES_MAX = 1_000

interface ImportOptions extends AgentOptions {
  readonly priority?: number
  readonly reason?: string
  readonly dryRun?: boolean
}

export interface ImportedChange extends ParameterName {
  readonly value: JsonValue
  /** effective value before; absent when there was none */
  readonly previous?: JsonValue
}

export function registerImport(program: Command): void {
  agentCommand(program, 'import', 'set every parameter of a JSON file that is not already so')
    .argument('<file>', 'JSON { section: { parameter: value } }, as export prints it; - for stdin')
    .option('--priority <integer>', 'decides among concurrent writes, the highest wins', integerOption)
    .option('--reason <text>', 'why, for people')
    .option('--dry-run', 'only say what would change')
    .addHelpText('after', '\nUp to 1 MiB and 1000 parameters are one atomic change; a larger file is several.')
    .action(async (file: string, options: ImportOptions) => {
      const { client, output } = openSession(options)
      const given = parseTree(await readInput(file), file)
      const wanted = withoutTunerMemory(given)
      const { changes, unchanged } = differences(wanted, await client.get<ConfigTree>('/v1/config'))
      if (!options.dryRun) await apply(client, changes, options)
      report(output, changes, unchanged, options.dryRun === true)
      if (hasTunerMemory(given))
        output.notice(`${TUNER_STATE_SECTION} is left out: it is the memory of the tuner of then`)
    })
}

/** @throws FILE_UNREADABLE that says what is not { section: { parameter: value } } */
export function parseTree(text: string, path: string): ConfigTree {
  let tree: JsonValue
  try {
    tree = JSON.parse(text) as JsonValue
  } catch (error) {
    throw failure('FILE_UNREADABLE', `${path} is not JSON: ${errorText(error)}`)
  }
  if (!isJsonObject(tree))
    throw failure('FILE_UNREADABLE', `${path} must hold an object { section: { parameter: value } }`)
  for (const [section, parameters] of Object.entries(tree)) {
    if (!isJsonObject(parameters))
      throw failure('FILE_UNREADABLE', `${path}: section ${section} must be an object { parameter: value }`)
  }
  return tree as ConfigTree
}

/** What must be written so that everything in `wanted` is so; what else is set stays. */
export function differences(wanted: ConfigTree, current: ConfigTree): { changes: ImportedChange[]; unchanged: number } {
  const changes: ImportedChange[] = []
  let unchanged = 0
  for (const [section, parameters] of Object.entries(wanted)) {
    const before = Object.hasOwn(current, section) ? current[section]! : {}
    for (const [parameter, value] of Object.entries(parameters)) {
      const previous = Object.hasOwn(before, parameter) ? before[parameter]! : undefined
      if (jsonEqual(previous, value)) unchanged++
      else changes.push({ section, parameter, value, ...(previous === undefined ? {} : { previous }) })
    }
  }
  return { changes, unchanged }
}

async function apply(
  client: AgentClient,
  changes: readonly ImportedChange[],
  { priority, reason }: ImportOptions,
): Promise<void> {
  for (const batch of inBatches(changes)) {
    const body = {
      changes: batch.map(({ section, parameter, value }) => ({ section, parameter, value, priority, reason })),
    }
    await client.patch<PatchAnswer>('/v1/config', body)
  }
}

/** Consecutive runs of changes, each within the limits of one atomic change (a single large value stands alone). */
export function inBatches(changes: readonly ImportedChange[]): ImportedChange[][] {
  const batches: ImportedChange[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const change of changes) {
    const size = Buffer.byteLength(JSON.stringify(change.value)) + change.section.length + change.parameter.length + 128
    if (bytes + size > CHANGE_BYTES_MAX || batches.at(-1)!.length >= CHANGES_MAX) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)!.push(change)
    bytes += size
  }
  return batches
}

function report(output: Output, changes: readonly ImportedChange[], unchanged: number, dryRun: boolean): void {
  if (output.json) {
    output.document({ changed: changes, unchanged, dryRun })
    return
  }
  for (const { section, parameter, previous, value } of changes) {
    output.line(
      `${output.colors.cyan(printable(`${section}.${parameter}`))}  ${shortValue(previous)} → ${shortValue(value)}`,
    )
  }
  output.notice(`${changes.length} ${dryRun ? 'would change' : 'changed'}, ${unchanged} already so`)
}
