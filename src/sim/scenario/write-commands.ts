import { ConfigSyncError } from '#core/errors'
import type { NodeId } from '#core/identity'
import type { JsonValue } from '#core/json'
import type { ConfigUpdateMsg, WriteOptions } from '#node/types'
import type { Arguments, ParameterName } from './arguments.ts'
import type { Action, CommandKind } from './command.ts'
import { ScenarioFault } from './fault.ts'
import { priorityIn } from './life-commands.ts'
import type { Stage } from './stage.ts'

type Change = ParameterName & { readonly value: JsonValue | undefined }

interface HowToWrite {
  readonly options: WriteOptions
  /** who receives the broadcast; undefined: whoever can */
  readonly reaches: ReadonlySet<string> | undefined
}

const OPTIONS = '[priority=N] [reason="TEXT"] [reaches=NODE,…|none]'

const put: CommandKind = {
  usage: `put NODE NAME JSON [NAME JSON…] ${OPTIONS}`,
  does: 'a node writes one parameter, or several as one change; prints the names of the updates. With reaches= the broadcast is lost to all but these',
  read(words) {
    const name = words.node()
    const how = howToWrite(words)
    const changes: Change[] = []
    do changes.push({ ...words.parameter(), value: words.json() })
    while (words.left > 0)
    return write(name, changes, how)
  },
}

const rollback: CommandKind = {
  usage: 'rollback NODE NAME -N',
  does: 'a node writes again what the parameter had come to so many changes ago',
  read(words) {
    const name = words.node()
    const { section, parameter } = words.parameter()
    const changes = Number(words.next('how many changes'))
    if (!Number.isSafeInteger(changes) || changes >= 0) throw new ScenarioFault('changes ago are said as -1, -2 …')
    words.end()
    return outcomeOf(async (stage) => [await stage.node(name).rollback(section, parameter, changes)])
  },
}

const remove: CommandKind = {
  usage: `delete NODE NAME… ${OPTIONS}`,
  does: 'a node deletes parameters, several as one change',
  read(words) {
    const name = words.node()
    const how = howToWrite(words)
    const changes: Change[] = []
    do changes.push({ ...words.parameter(), value: undefined })
    while (words.left > 0)
    return write(name, changes, how)
  },
}

function howToWrite(words: Arguments): HowToWrite {
  const given = words.options(['priority', 'reason', 'reaches'])
  const priority = priorityIn(given)
  const reason = given.get('reason')
  const reaches = given.get('reaches')
  return {
    options: {
      ...(priority !== undefined && { priority }),
      ...(reason !== undefined && { reason: textIn(reason) }),
    },
    reaches: reaches === undefined ? undefined : new Set(reaches === 'none' ? [] : reaches.split(',')),
  }
}

function textIn(quoted: string): string {
  if (!quoted.startsWith('"')) return quoted
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw new ScenarioFault(`${quoted} is no JSON string`)
  }
}

function write(name: string, changes: readonly Change[], { options, reaches }: HowToWrite): Action {
  const requests = changes.map((change) => ({ ...change, ...options }))
  return outcomeOf((stage) => reachingOnly(stage, name, reaches, () => stage.node(name).publishUpdates(requests)))
}

/** A write that is refused prints the code: that is an outcome, not a fault of the scenario. */
const outcomeOf =
  (publish: (stage: Stage) => Promise<readonly ConfigUpdateMsg[]>): Action =>
  async (stage) => {
    try {
      const updates = await publish(stage)
      return [updates.map((update) => dotName(stage, update)).join(' ')]
    } catch (error) {
      if (!(error instanceof ConfigSyncError)) throw error
      return [`refused: ${error.code}`]
    }
  }

/** `n1:3`: the third update of n1. */
export const dotName = (stage: Stage, { origin, sequence }: Pick<ConfigUpdateMsg, 'origin' | 'sequence'>): string =>
  `${stage.originName(origin)}:${sequence}`

/** The broadcast leaves before `publish` returns, unless something was sent moments ago. */
async function reachingOnly<T>(
  stage: Stage,
  name: string,
  reaches: ReadonlySet<string> | undefined,
  publish: () => Promise<T>,
): Promise<T> {
  if (reaches === undefined) return publish()
  const { network } = stage.mesh
  const before = network.counters(name).broadcasts
  network.filter = (from: NodeId, to: NodeId) => from !== name || reaches.has(to)
  try {
    const published = publish()
    if (network.counters(name).broadcasts === before)
      throw new ScenarioFault(`${name} has just sent something and gathers now; let 10ms pass before reaches=`)
    return await published
  } finally {
    network.filter = undefined
  }
}

export const WRITE_COMMANDS = { put, delete: remove, rollback }
