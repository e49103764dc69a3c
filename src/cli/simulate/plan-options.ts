import { type Command, InvalidArgumentError, Option } from 'commander'
import type { MeshPlan } from '#sim/mesh-plan'
import type { NodeSetup } from '#sim/schedule'
import { positiveIntegerOption, secondsOption } from '../options.ts'

/** The flags that describe a mesh, its load and its faults. */
export interface PlanOptions {
  readonly nodes?: number
  readonly duration?: number
  readonly writesPerSecond?: number
  readonly parameters?: number
  readonly loss?: number
  readonly delay?: readonly [number, number]
  readonly duplicate?: number
  readonly reorder?: number
  readonly flip?: number
  readonly partition?: number
  readonly oneWay?: number
  readonly flapping?: boolean
  readonly crash?: number
  readonly powerCut?: number
  readonly stall?: number
  readonly store?: NodeSetup['store']
  readonly clockSkew?: number
  readonly clockDrift?: number
  readonly joinStorm?: number
}

/** 0 … 1. */
function shareOption(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.')
  return value
}

function rateOption(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 100_000)) throw new InvalidArgumentError('It must be 0 or more.')
  return value
}

/** `20`, or `5-25`: milliseconds. */
function delayOption(text: string): [number, number] {
  const [, least, most = least] = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  if (least === undefined || Number(most) < Number(least))
    throw new InvalidArgumentError('It must be milliseconds such as 20, or two such as 5-25.')
  return [Number(least), Number(most)]
}

const ROWS: readonly [flags: string, description: string, parse?: (text: string) => unknown][] = [
  ['--nodes <n>', 'how many nodes (default: 5)', positiveIntegerOption],
  ['--duration <s>', 'how long clients write while things go wrong, seconds (default: 60)', secondsOption],
  ['--writes-per-second <n>', 'of all nodes together (default: 5)', rateOption],
  ['--parameters <n>', 'how many parameters they write; fewer conflict more (default: 50)', positiveIntegerOption],
  ['--loss <share>', 'each receiver loses each frame with this probability', shareOption],
  ['--delay <ms>', 'a frame takes so long, such as 20, or between two times (default: 5-25)', delayOption],
  ['--duplicate <share>', 'frames arrive twice', shareOption],
  ['--reorder <share>', 'frames are overtaken by later ones', shareOption],
  ['--flip <share>', 'frames arrive with one bit turned over', shareOption],
  ['--partition <n>', 'partitions into two halves, each for 2 to 8 s, per minute', rateOption],
  ['--one-way <n>', 'one half is not heard by the other, each time for 2 to 8 s, per minute', rateOption],
  ['--flapping', 'a partition comes and goes every second in the middle third'],
  ['--crash <n>', 'processes killed, each started again after 1 to 5 s, per minute', rateOption],
  ['--power-cut <n>', 'machines that lose power and what their disk had not synced, per minute', rateOption],
  ['--stall <n>', 'processes that stand still for 1 to 5 s, per minute', rateOption],
  ['--clock-skew <s>', 'every clock is wrong by up to so many seconds, either way', rateOption],
  ['--clock-drift <share>', 'every clock runs up to so much too fast or too slow', shareOption],
  ['--join-storm <n>', 'so many nodes join within a tenth of a second, in the middle', positiveIntegerOption],
]

export function addPlanOptions(command: Command): Command {
  for (const [flags, description, parse] of ROWS) {
    const option = new Option(flags, description)
    command.addOption(parse ? option.argParser(parse) : option)
  }
  const store = 'what stores promise: process, a killed process loses nothing; disk, nor a power cut (default: process)'
  return command.addOption(new Option('--store <kind>', store).choices(['none', 'process', 'disk']))
}

/** What was said, over what `base` says. */
export function planOf(options: PlanOptions, seed: number, base: MeshPlan): MeshPlan {
  const said = {
    nodes: options.nodes,
    durationMs: options.duration === undefined ? undefined : options.duration * 1_000,
    writesPerSecond: options.writesPerSecond,
    parameters: options.parameters,
    partitions: options.partition,
    oneWayCuts: options.oneWay,
    flapping: options.flapping,
    crashes: options.crash,
    powerCuts: options.powerCut,
    stalls: options.stall,
    store: options.store,
    clockSkewMs: options.clockSkew === undefined ? undefined : options.clockSkew * 1_000,
    clockDrift: options.clockDrift,
    joinStorm: options.joinStorm,
  }
  return { ...base, ...present(said), seed, link: { ...base.link, ...linkOf(options) } }
}

function linkOf({ loss, duplicate, reorder, flip, delay }: PlanOptions): NonNullable<MeshPlan['link']> {
  return present({
    lossRate: loss,
    duplicateRate: duplicate,
    reorderRate: reorder,
    flipRate: flip,
    delay: delay && { kind: 'uniform' as const, leastMs: delay[0], mostMs: delay[1] },
  })
}

/** Without what was not said. */
const present = <T extends object>(said: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as never
