import { seededRandom } from '#mesh/seeded-random'
import { PARAMETERS } from './declared-rules.ts'
import { Dice } from './dice.ts'
import { EPISODES, FAULT_KINDS, type FaultKind } from './fault-episodes.ts'
import {
  type DelaySetup,
  type NodeSetup,
  QUIET_LINK,
  type Schedule,
  type ScheduledChange,
  type ScheduledEvent,
} from './schedule.ts'

export interface ScheduleOptions {
  /** decides everything */
  readonly seed: number
  /** default: 5 to 9, by the seed */
  readonly nodes?: number
  /** kinds of faults that may occur; default: all */
  readonly faults?: readonly FaultKind[]
}

/** How likely each kind of fault is, drawn for each schedule: some have nearly all of them at once, some hardly any. */
const KIND_RATES = [0.1, 0.25, 0.5, 0.7]
/** Half of the networks are near, half are far. */
const DELAYS: readonly DelaySetup[] = [
  QUIET_LINK.delay,
  { kind: 'uniform', leastMs: 5, mostMs: 25 },
  { kind: 'uniform', leastMs: 60, mostMs: 110 },
  { kind: 'fixed', leastMs: 100, mostMs: 100 },
]
/** So small that pulls of a few values take several parts, with faults between them. */
const PULL_PART_BYTES = 600
const CALM_BEGINNING_MS = 4_500
const FAULTS_MS = [6_000, 16_000] as const

/** The schedule of a seed: always the same for the same options. */
export function randomSchedule({ seed, nodes, faults = FAULT_KINDS }: ScheduleOptions): Schedule {
  const dice = new Dice(seededRandom(seed))
  const count = nodes ?? dice.between(5, 9)
  const usualRate = dice.pick(KIND_RATES)
  const kinds = FAULT_KINDS.filter((kind) => dice.happens(EPISODES[kind].rate ?? usualRate) && faults.includes(kind))
  // A mesh that is just starting has faults too, if not as often.
  const fromMs = dice.happens(0.3) ? 200 : CALM_BEGINNING_MS
  const toMs = fromMs + dice.between(...FAULTS_MS)
  const base = { ...QUIET_LINK, delay: dice.pick(DELAYS) }
  const context = { dice, base, nodes: count, fromMs, toMs }
  const events: ScheduledEvent[] = kinds.flatMap((kind) => EPISODES[kind].events(context))
  const endMs = Math.max(toMs, ...events.map(({ atMs }) => atMs))
  events.push(...writes(dice, count, fromMs, endMs))
  return {
    seed,
    nodes: setups(dice, count, kinds),
    link: base,
    pullPartBytes: PULL_PART_BYTES,
    events: events.sort((a, b) => a.atMs - b.atMs),
    healAtMs: endMs + dice.between(0, 2_000),
  }
}

function setups(dice: Dice, count: number, kinds: readonly FaultKind[]): NodeSetup[] {
  const wrong = kinds.includes('clock')
  const storm = kinds.includes('storm')
  return Array.from({ length: count }, (_, index) => ({
    store: dice.pick(['none', 'process', 'process', 'disk'] as const),
    clockOffsetMs: wrong && dice.happens(0.3) ? dice.between(-3 * YEAR_MS, 3 * YEAR_MS) : dice.between(-50, 50),
    clockRate: wrong && dice.happens(0.3) ? dice.between(70, 140) / 100 : 1,
    declares: !dice.happens(0.1),
    present: index < 2 || !storm,
  }))
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000

/** Single writes, and bursts in which several nodes write the same parameters within a moment, deletes among them. */
function writes(dice: Dice, nodes: number, fromMs: number, toMs: number): ScheduledEvent[] {
  const events: ScheduledEvent[] = []
  const names = dice.some(Object.keys(PARAMETERS), dice.between(2, 5))
  const rounds = dice.between(10, 25)
  for (let round = 0; round < rounds; round++) {
    const atMs = dice.between(fromMs / 2, toMs)
    const writers = dice.happens(0.5) ? 1 : dice.between(2, 4)
    const parameter = dice.pick(names)
    for (let writer = 0; writer < writers; writer++)
      events.push({
        kind: 'write',
        atMs: atMs + dice.between(0, 60),
        node: dice.between(0, nodes - 1),
        changes: changes(dice, names, parameter),
      })
  }
  return events
}

function changes(dice: Dice, names: readonly string[], first: string): ScheduledChange[] {
  const others = dice.happens(0.25) ? dice.some(names, dice.between(1, 3)) : []
  return [...new Set([first, ...others])].map((parameter) => {
    const priority = dice.happens(0.2) ? { priority: dice.between(0, 2) } : {}
    if (dice.happens(0.25)) return { parameter, ...priority }
    return { parameter, value: PARAMETERS[parameter]!.value(dice.between(0, 9_999)), ...priority }
  })
}
