import { canonicalJson, type JsonValue } from '#core/json'
import { isSetting } from '#node/settings'
import type { ConfigUpdateMsg } from '#node/types'
import type { ParameterName } from './arguments.ts'
import type { CommandKind } from './command.ts'
import type { Machine, Stage } from './stage.ts'
import { dotName } from './write-commands.ts'

/** Running nodes by what they answer, in the order of the first of each. */
export function groupsBy(stage: Stage, answer: (machine: Machine) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const machine of stage.running) {
    const key = answer(machine)
    groups.set(key, [...(groups.get(key) ?? []), machine.name])
  }
  return groups
}

/** One line where all answer the same, else who answers what. */
function answers(stage: Stage, answer: (machine: Machine) => string): string[] {
  const groups = [...groupsBy(stage, answer)]
  if (groups.length === 1) return [groups[0]![0]]
  return groups.map(([text, names]) => `${text} on ${names.join(' ')}`)
}

const shown = (value: JsonValue | undefined): string => (value === undefined ? 'nothing' : canonicalJson(value))

const show: CommandKind = {
  usage: 'show [NAME…]',
  does: 'the effective values on all running nodes; where they differ, who has what',
  read(words) {
    const names: ParameterName[] = []
    while (words.left > 0) names.push(words.parameter())
    return (stage) => {
      const asked = names.length > 0 ? names : everyName(stage)
      if (asked.length === 0) return ['nothing is set']
      return asked.flatMap(({ section, parameter }) =>
        answers(stage, ({ node }) => `${section}.${parameter} = ${shown(node!.get(section, parameter))}`),
      )
    }
  },
}

/** What any running node has a value of, in code-unit order; ConfigSync's own settings are left out. */
function everyName(stage: Stage): ParameterName[] {
  const names = new Map<string, ParameterName>()
  for (const { node } of stage.running) {
    for (const [section, parameters] of Object.entries(node!.getAll())) {
      for (const parameter of Object.keys(parameters))
        if (!isSetting(section, parameter)) names.set(`${section}.${parameter}`, { section, parameter })
    }
  }
  return [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name)
}

const siblings: CommandKind = {
  usage: 'siblings NAME',
  does: 'the updates that stand side by side, the one that resolution puts first before the others',
  read(words) {
    const { section, parameter } = words.parameter()
    words.end()
    return (stage) =>
      answers(stage, ({ node }) => {
        const view = node!.inspect(section, parameter)
        if (view?.update === undefined) return 'no update'
        const others = view.siblings.filter((sibling) => sibling !== view.update && !sameDot(sibling, view.update!))
        return [view.update, ...others].map((update) => siblingText(stage, update)).join(', ')
      })
  },
}

const sameDot = (a: ConfigUpdateMsg, b: ConfigUpdateMsg): boolean => a.origin === b.origin && a.sequence === b.sequence

function siblingText(stage: Stage, update: ConfigUpdateMsg): string {
  const priority = update.priority === 0 ? '' : ` priority ${update.priority}`
  return `${dotName(stage, update)} ${update.deleted ? 'deleted' : shown(update.value)}${priority}`
}

/** A question without arguments that every node answers in a line. */
const question = (usage: string, does: string, answer: (machine: Machine, stage: Stage) => string): CommandKind => ({
  usage,
  does,
  read(words) {
    words.end()
    return (stage) => answers(stage, (machine) => answer(machine, stage))
  },
})

function vectorText({ node }: Machine, stage: Stage): string {
  const entries = Object.entries(node!.getVersionVector())
  if (entries.length === 0) return 'nothing seen'
  return entries
    .map(([origin, n]) => `${stage.originName(origin as ConfigUpdateMsg['origin'])}:${n}`)
    .sort()
    .join(' ')
}

const conflicts: CommandKind = {
  usage: 'conflicts NODE',
  does: 'what concurrent writes met on a node and what decided, the latest first',
  read(words) {
    const name = words.node()
    words.end()
    return (stage) => {
      const records = stage.node(name).conflicts()
      if (records.length === 0) return ['no conflict']
      return records.map(({ section, parameter, explanation }) => `${section}.${parameter}: ${explanation}`)
    }
  },
}

const history: CommandKind = {
  usage: 'history NODE NAME',
  does: 'what a parameter went through on a node, the latest first',
  read(words) {
    const name = words.node()
    const { section, parameter } = words.parameter()
    words.end()
    return async (stage) => {
      const records = await stage.node(name).history(section, parameter)
      if (records.length === 0) return ['no history']
      return records.map(({ update, source, explanation }) => `${dotName(stage, update)} ${source}: ${explanation}`)
    }
  },
}

export const QUESTIONS = {
  show,
  siblings,
  conflicts,
  history,
  vv: question('vv', 'how far every node has seen every origin without a hole', vectorText),
  coordinator: question('coordinator', 'whom nodes hold for the coordinator, and in which reign', ({ node }) => {
    const { coordinator, epoch } = node!.status()
    return coordinator === undefined ? 'no coordinator yet' : `${coordinator}, reign ${epoch}`
  }),
  members: question('members', 'who is live as nodes see it', ({ node }) =>
    node!
      .status()
      .members.map(({ nodeId }) => nodeId)
      .sort()
      .join(' '),
  ),
}
