import { PARAMETERS } from './declared-rules.ts'
import type { Dice } from './dice.ts'
import type { DelaySetup, LinkSetup, ScheduledEvent } from './schedule.ts'

export const FAULT_KINDS = [
  'loss',
  'delay',
  'reorder',
  'duplicate',
  'partition',
  'one-way',
  'flapping',
  'kill',
  'power',
  'stop',
  'stall',
  'disk',
  'clock',
  'storm',
  'flip',
  'backup',
  'days',
] as const

/** A kind of fault: what `--faults` of `configsync simulate` names. */
export type FaultKind = (typeof FAULT_KINDS)[number]

/** What a generator of faults may draw from, and between which moments. */
export interface EpisodeContext {
  readonly dice: Dice
  readonly nodes: number
  /** the links when nothing ails them */
  readonly base: LinkSetup
  readonly fromMs: number
  readonly toMs: number
}

interface Episode {
  /** for people */
  readonly does: string
  /** the probability that a schedule has it, where it is not the usual one */
  readonly rate?: number
  events(context: EpisodeContext): ScheduledEvent[]
}

const anyNode = ({ dice, nodes }: EpisodeContext): number => dice.between(0, nodes - 1)
const anyTime = ({ dice, fromMs, toMs }: EpisodeContext): number => dice.between(fromMs, toMs)
const times = (count: number, make: () => ScheduledEvent[]): ScheduledEvent[] =>
  Array.from({ length: count }, make).flat()

/** A spell of bad links, and the end of it. */
function spell(context: EpisodeContext, link: Partial<LinkSetup>): ScheduledEvent[] {
  const atMs = anyTime(context)
  const endMs = atMs + context.dice.between(500, 8_000)
  return [
    { kind: 'link', atMs, link: { ...context.base, ...link } },
    { kind: 'link', atMs: endMs, link: context.base },
  ]
}

function delay(dice: Dice): DelaySetup {
  const kind = dice.pick(['fixed', 'uniform', 'long-tail'] as const)
  const leastMs = dice.between(1, 150)
  return { kind, leastMs, mostMs: kind === 'fixed' ? leastMs : leastMs + dice.between(10, 1_500) }
}

/** Two sides, the first never empty, the second never all. */
function sides({ dice, nodes }: EpisodeContext): [number[], number[]] {
  const all = Array.from({ length: nodes }, (_, index) => index)
  const one = dice.some(all, dice.between(1, nodes - 1))
  return [one, all.filter((index) => !one.includes(index))]
}

/** Dies in one of the ways, and is started again some time later; often with a write under way, and soon the next one. */
function death(context: EpisodeContext, kind: 'kill' | 'power-cut' | 'stop'): ScheduledEvent[] {
  const { dice } = context
  const node = anyNode(context)
  const atMs = anyTime(context)
  const startMs = atMs + dice.between(50, 6_000)
  const write = (writeMs: number): ScheduledEvent => {
    const [parameter, { value }] = dice.pick(Object.entries(PARAMETERS))
    return { kind: 'write', node, atMs: writeMs, changes: [{ parameter, value: value(dice.between(0, 9_999)) }] }
  }
  return [
    ...(dice.happens(0.6) ? [write(atMs - dice.between(0, 3)), write(startMs + dice.between(20, 900))] : []),
    { kind, node, atMs },
    { kind: 'start', node, atMs: startMs },
  ]
}

/** Stalls at any moment, and such as hit a node just when it asks whether the coordinator and its followers live. */
function stall(context: EpisodeContext): ScheduledEvent[] {
  const { dice, nodes } = context
  const atMs = anyTime(context)
  const forMs = dice.between(600, 5_000)
  const waking = dice.pick(['at-once', 'slowly', 'deaf', 'deaf'] as const)
  if (dice.happens(0.3)) return [{ kind: 'stall', node: anyNode(context), atMs, forMs, waking }]
  const askers = dice.some(
    Array.from({ length: nodes - 1 }, (_, index) => index + 1),
    dice.between(2, 4),
  )
  return [
    { kind: 'kill', node: 0, atMs },
    ...askers.map((node) => ({ kind: 'stall' as const, node, atMs: atMs + dice.between(1_400, 2_700), forMs, waking })),
    { kind: 'start', node: 0, atMs: atMs + dice.between(5_000, 8_000) },
  ]
}

/** A backup of a running node, which replaces its folder, or another's, some time later. */
function backup(context: EpisodeContext): ScheduledEvent[] {
  const { dice } = context
  const of = anyNode(context)
  const node = dice.happens(0.3) ? anyNode(context) : of
  const backupMs = anyTime(context)
  const atMs = backupMs + dice.between(500, 5_000)
  return [
    { kind: 'backup', node: of, atMs: backupMs },
    { kind: dice.pick(['kill', 'stop'] as const), node, atMs },
    { kind: 'restore', node, of, atMs: atMs + 200 },
    { kind: 'start', node, atMs: atMs + dice.between(250, 3_000) },
  ]
}

/** Tombstones are looked at every 60 H. */
const COLLECTS_MS = 60_000
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Everybody stands still for over a day, tombstones are dropped, and who was down meanwhile comes back; sometimes frames of
 * before come once more.
 */
function days(context: EpisodeContext): ScheduledEvent[] {
  const { dice, nodes, fromMs, toMs } = context
  const leapMs = Math.max(toMs + 1_000, COLLECTS_MS - dice.between(500, 20_000))
  const all = Array.from({ length: nodes }, (_, index) => index)
  const away = dice.some(all, dice.between(1, Math.max(1, nodes - 3)))
  const echoing: LinkSetup = { ...context.base, echoRate: 0.2, echoMs: COLLECTS_MS + 10_000 }
  const echoes: ScheduledEvent[] = [
    { kind: 'link', link: echoing, atMs: fromMs },
    { kind: 'link', link: context.base, atMs: toMs },
  ]
  return [
    ...(dice.happens(0.5) ? echoes : []),
    ...away.map((node) => ({ kind: 'kill' as const, node, atMs: dice.between(fromMs, toMs) })),
    { kind: 'leap', ms: DAY_MS + dice.between(0, DAY_MS), atMs: leapMs },
    ...away.map((node) => ({ kind: 'start' as const, node, atMs: COLLECTS_MS + 1_500 + dice.between(0, 6_000) })),
  ]
}

/** Everything that the generator of schedules knows to do to a mesh. */
export const EPISODES: Readonly<Record<FaultKind, Episode>> = {
  loss: {
    does: 'frames are lost',
    events: (context) =>
      times(context.dice.between(1, 3), () => spell(context, { lossRate: context.dice.between(5, 60) / 100 })),
  },
  delay: {
    does: 'frames take long: a fixed time, any time between two, or rarely very long',
    events: (context) => spell(context, { delay: delay(context.dice) }),
  },
  reorder: {
    does: 'frames overtake each other',
    events: (context) => spell(context, { reorderRate: context.dice.between(5, 50) / 100, delay: delay(context.dice) }),
  },
  duplicate: {
    does: 'frames arrive twice',
    events: (context) =>
      spell(context, {
        duplicateRate: context.dice.between(5, 80) / 100,
        reorderRate: context.dice.happens(0.5) ? 0.3 : 0,
        delay: delay(context.dice),
      }),
  },
  partition: {
    does: 'the mesh falls apart into two or three',
    events: (context) => {
      const { dice } = context
      const [one, other] = sides(context)
      const third = dice.happens(0.2) ? one.splice(0, Math.floor(one.length / 2)) : []
      const atMs = anyTime(context)
      return [
        { kind: 'partition', groups: [one, other, third].filter(({ length }) => length > 0), atMs },
        { kind: 'heal', atMs: atMs + dice.between(300, 9_000) },
      ]
    },
  },
  'one-way': {
    does: 'some send and are not heard',
    events: (context) => {
      const [from, to] = sides(context)
      const atMs = anyTime(context)
      return [
        { kind: 'cut', from, to, atMs },
        { kind: 'heal', atMs: atMs + context.dice.between(300, 9_000) },
      ]
    },
  },
  flapping: {
    does: 'a partition comes and goes',
    events: (context) => {
      const groups = sides(context)
      const startMs = anyTime(context)
      const periodMs = context.dice.between(60, 900)
      return Array.from({ length: context.dice.between(3, 8) }, (_, turn) => startMs + 2 * turn * periodMs).flatMap(
        (atMs): ScheduledEvent[] => [
          { kind: 'partition', groups, atMs },
          { kind: 'heal', atMs: atMs + periodMs },
        ],
      )
    },
  },
  kill: {
    does: 'processes are killed, and started again',
    rate: 0.6,
    events: (context) => times(context.dice.between(1, 4), () => death(context, 'kill')),
  },
  power: {
    does: 'machines lose power, and what their disks had not synced',
    events: (context) => times(context.dice.between(1, 3), () => death(context, 'power-cut')),
  },
  stop: {
    does: 'nodes stop cleanly, and are started again',
    events: (context) => times(context.dice.between(1, 3), () => death(context, 'stop')),
  },
  stall: {
    does: 'processes stand still, and go on with what came in meanwhile',
    rate: 0.5,
    events: (context) => times(context.dice.between(2, 4), () => stall(context)),
  },
  disk: {
    does: 'disks are full, fail or are slow for a while',
    events: (context) =>
      times(context.dice.between(1, 3), () => {
        const node = anyNode(context)
        const atMs = anyTime(context)
        const condition = context.dice.pick(['full', 'failing', 'slow'] as const)
        return [
          { kind: 'disk', node, condition, atMs },
          { kind: 'disk', node, condition: 'well', atMs: atMs + context.dice.between(200, 5_000) },
        ]
      }),
  },
  clock: {
    does: 'clocks are wrong by up to years, run at the wrong speed, and are set',
    events: (context) => {
      const { dice } = context
      const rate = dice.happens(0.5) ? 1 : dice.between(70, 140) / 100
      const offsetMs = dice.between(-3, 3) * 365 * DAY_MS
      return [{ kind: 'clock', node: anyNode(context), offsetMs, rate, atMs: anyTime(context) }]
    },
  },
  storm: {
    does: 'most of the nodes join within a moment',
    rate: 0.2,
    events: ({ dice, nodes, fromMs, toMs }) => {
      const atMs = dice.between(fromMs, toMs)
      return Array.from({ length: nodes }, (_, node) => ({ kind: 'start', node, atMs: atMs + dice.between(0, 300) }))
    },
  },
  flip: {
    does: 'frames arrive with a bit turned over',
    events: (context) => spell(context, { flipRate: context.dice.between(1, 20) / 100 }),
  },
  backup: {
    does: 'a folder is replaced by a copy of earlier, its own or another node’s',
    rate: 0.25,
    events: backup,
  },
  days: {
    does: 'over a day goes by, and nodes that were away come back',
    rate: 0.15,
    events: days,
  },
}
