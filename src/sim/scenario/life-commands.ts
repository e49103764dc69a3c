import { PRIORITY_MAX, PRIORITY_MIN } from '#core/limits'
import { isMergeRule } from '#core/merge-rules'
import type { Declaration } from '#node/declarations'
import type { Arguments } from './arguments.ts'
import { type CommandKind, SILENT } from './command.ts'
import { ScenarioFault } from './fault.ts'
import type { Machine, Stage } from './stage.ts'

/** Accepts everything. */
const ANY_VALUE: Declaration['schema'] = {
  '~standard': { version: 1, vendor: 'configsync', validate: (value) => ({ value }) },
}

/** For each of the named machines in turn. */
const eachMachine =
  (names: readonly string[], act: (machine: Machine, stage: Stage) => Promise<void> | void) =>
  async (stage: Stage): Promise<readonly string[]> => {
    for (const name of names) await act(stage.machine(name), stage)
    return SILENT
  }

function nodesOnly(words: Arguments): string[] {
  const names = words.nodes()
  words.end()
  return names
}

const declare: CommandKind = {
  usage: 'declare NAME RULE [priority=N]',
  does: 'every node started later writes this parameter with this merge rule and priority',
  read(words) {
    const { section, parameter } = words.parameter()
    const merge = words.next('a merge rule')
    if (!isMergeRule(merge)) throw new ScenarioFault(`${merge} is no merge rule`)
    const priority = priorityIn(words.options(['priority'])) ?? 0
    words.end()
    return (stage) => {
      const known = { schema: ANY_VALUE, default: undefined, description: undefined }
      stage.declare({ section, parameter, merge, priority, ...known })
      return SILENT
    }
  },
}

export function priorityIn(options: ReadonlyMap<string, string>): number | undefined {
  const text = options.get('priority')
  if (text === undefined) return undefined
  const priority = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(priority >= PRIORITY_MIN && priority <= PRIORITY_MAX))
    throw new ScenarioFault(`priority=${text} is no priority`)
  return priority
}

const start: CommandKind = {
  usage: 'start NODE… [disk=none]',
  does: 'starts nodes, the first time or again; without a disk nothing outlives the process',
  read(words) {
    const disk = words.options(['disk']).get('disk')
    if (disk !== undefined && disk !== 'none') throw new ScenarioFault(`disk=${disk}: only none can be said`)
    const names = nodesOnly(words)
    return async (stage) => {
      for (const name of names) await stage.boot(stage.place(name, disk === undefined))
      return SILENT
    }
  },
}

const stop: CommandKind = {
  usage: 'stop NODE…',
  does: 'stops nodes cleanly: they say good-bye and close their store',
  read: (words) => eachMachine(nodesOnly(words), (machine, stage) => stage.halt(machine)),
}

const crash: CommandKind = {
  usage: 'crash NODE…',
  does: 'kills nodes; what their disk had stored is there at the next start',
  read: (words) => eachMachine(nodesOnly(words), (machine, stage) => stage.crash(machine)),
}

const restart: CommandKind = {
  usage: 'restart NODE…',
  does: 'stops nodes cleanly and starts them again',
  read: (words) =>
    eachMachine(nodesOnly(words), async (machine, stage) => {
      await stage.halt(machine)
      await stage.boot(machine)
    }),
}

const hold: CommandKind = {
  usage: 'hold NODE…',
  does: 'the disk takes what is written from now on, but a crash loses it: a cache that was not flushed',
  read: (words) =>
    eachMachine(nodesOnly(words), (machine) => {
      machine.durable = diskOf(machine).copy()
    }),
}

const flush: CommandKind = {
  usage: 'flush NODE…',
  does: 'what the disk held back is safe from now on',
  read: (words) =>
    eachMachine(nodesOnly(words), (machine) => {
      machine.durable = undefined
    }),
}

const backup: CommandKind = {
  usage: 'backup NODE…',
  does: 'copies the store as it is now',
  read: (words) =>
    eachMachine(nodesOnly(words), (machine) => {
      machine.backup = diskOf(machine).copy()
    }),
}

const restore: CommandKind = {
  usage: 'restore NODE…',
  does: 'puts the copy in the place of the store of a node that does not run',
  read: (words) =>
    eachMachine(nodesOnly(words), (machine) => {
      if (machine.running) throw new ScenarioFault(`${machine.name} runs; stop or crash it first`)
      if (machine.backup === undefined) throw new ScenarioFault(`${machine.name} has no backup`)
      machine.disk = machine.backup.copy()
    }),
}

function diskOf({ name, disk }: Machine) {
  if (disk === undefined) throw new ScenarioFault(`${name} has no disk`)
  return disk
}

const clock: CommandKind = {
  usage: 'clock NODE +DURATION',
  does: 'sets the clock of a machine that much ahead of the right time, or behind it with -',
  read(words) {
    const name = words.node()
    const offsetMs = words.duration('signed')
    words.end()
    return eachMachine([name], ({ index }, { mesh }) => {
      mesh.clock(index).offsetMs = offsetMs
    })
  },
}

const stall: CommandKind = {
  usage: 'stall NODE DURATION',
  does: 'a process stands still for so long, as when it is stopped or swapped out; then it handles what came in meanwhile',
  read(words) {
    const name = words.node()
    const forMs = words.duration()
    words.end()
    return (stage) => {
      const process = stage.mesh.process(stage.node(name))
      process.freeze()
      stage.mesh.scheduler.schedule(forMs, () => process.thaw('at-once'))
      return SILENT
    }
  },
}

export const LIFE_COMMANDS = { declare, start, stop, crash, restart, hold, flush, backup, restore, clock, stall }
