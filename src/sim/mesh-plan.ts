import { seededRandom } from '#mesh/seeded-random'
import { Dice } from './dice.ts'
import { type LinkSetup, type NodeSetup, QUIET_LINK, type Schedule, type ScheduledEvent } from './schedule.ts'

/** A mesh as somebody has or plans it, the load on it, and how much goes wrong. What is left out does not happen. */
export interface MeshPlan {
  /** default 5 */
  readonly nodes?: number
  /** decides everything that is drawn; default 1 */
  readonly seed?: number
  /** how long clients write while things go wrong, milliseconds; default 60,000 */
  readonly durationMs?: number
  /** of all nodes together, at random moments; default 5 */
  readonly writesPerSecond?: number
  /** how many parameters they write; fewer conflict more; default 50 */
  readonly parameters?: number
  /** what links do all the time; default: 5 to 25 ms and nothing else */
  readonly link?: Partial<LinkSetup>
  /** partitions into two random halves, each for 2 to 8 s, per minute */
  readonly partitions?: number
  /** one random half is not heard by the other, each time for 2 to 8 s, per minute */
  readonly oneWayCuts?: number
  /** a partition that comes and goes every second, in the middle third */
  readonly flapping?: boolean
  /** processes killed, each started again after 1 to 5 s, per minute */
  readonly crashes?: number
  /** machines that lose their power and what their disk had not synced, likewise, per minute */
  readonly powerCuts?: number
  /** processes that stand still for 1 to 5 s, per minute */
  readonly stalls?: number
  /** what stores promise; default `process`: a killed process loses nothing that was acknowledged */
  readonly store?: NodeSetup['store']
  /** every wall clock is wrong by up to so much, either way, milliseconds */
  readonly clockSkewMs?: number
  /** every clock runs up to so much too fast or too slow, as a share */
  readonly clockDrift?: number
  /** nodes that join within a tenth of a second, in the middle */
  readonly joinStorm?: number
}

/** Undisturbed and unobserved: everybody gets to know everybody, and there is a coordinator. */
export const SETTLING_MS = 5_000
/** The faults outlast the writes by so much, so that the last writes are measured like the others. */
export const TAIL_MS = 3_000
/** A network of one site. */
const SITE_LINK: LinkSetup = { ...QUIET_LINK, delay: { kind: 'uniform', leastMs: 5, mostMs: 25 } }

/** Most kinds of faults at rates that a bad week may have: what `configsync simulate --harsh` adds. */
export const HARSH: MeshPlan = {
  link: { lossRate: 0.1, duplicateRate: 0.05, reorderRate: 0.05, flipRate: 0.01 },
  partitions: 2,
  oneWayCuts: 1,
  crashes: 4,
  stalls: 4,
  clockSkewMs: 10_000,
  clockDrift: 0.01,
}

/** The plan as a schedule: the same for the same plan. */
export function scheduleOf(plan: MeshPlan): Schedule {
  const { nodes = 5, seed = 1, durationMs = 60_000 } = plan
  const writtenMs = SETTLING_MS + durationMs
  const dice = new Dice(seededRandom(seed + 3))
  const link = { ...SITE_LINK, ...plan.link }
  const planned = new PlannedEvents(dice, nodes, SETTLING_MS, writtenMs)
  const events: ScheduledEvent[] = [
    { kind: 'link', atMs: SETTLING_MS, link },
    ...planned.writes(plan),
    ...planned.faults(plan),
  ]
  return {
    seed,
    nodes: setups(dice, nodes, plan),
    link: { ...SITE_LINK, delay: link.delay },
    events: events.sort((a, b) => a.atMs - b.atMs),
    healAtMs: writtenMs + TAIL_MS,
  }
}

function setups(dice: Dice, nodes: number, plan: MeshPlan): NodeSetup[] {
  const { store = 'process', clockSkewMs = 0, clockDrift = 0, joinStorm = 0 } = plan
  return Array.from({ length: nodes }, (_, index) => ({
    store,
    clockOffsetMs: dice.between(-clockSkewMs, clockSkewMs),
    clockRate: 1 + dice.between(-1_000, 1_000) * (clockDrift / 1_000),
    declares: true,
    present: index < Math.max(1, nodes - joinStorm),
  }))
}

/** Draws events between two moments. */
class PlannedEvents {
  private readonly dice: Dice
  private readonly nodes: number
  private readonly fromMs: number
  private readonly toMs: number

  constructor(dice: Dice, nodes: number, fromMs: number, toMs: number) {
    this.dice = dice
    this.nodes = nodes
    this.fromMs = fromMs
    this.toMs = toMs
  }

  /** Each at its own random moment, as those of independent people and programs are. */
  writes({ writesPerSecond = 5, parameters = 50 }: MeshPlan): ScheduledEvent[] {
    return this.perMinute(writesPerSecond * 60, (atMs) => [
      {
        kind: 'write',
        atMs,
        node: this.anyNode(),
        changes: [{ parameter: `p${this.dice.between(1, parameters)}`, value: this.dice.between(0, 999_999) }],
      },
    ])
  }

  faults(plan: MeshPlan): ScheduledEvent[] {
    const { partitions = 0, oneWayCuts = 0, crashes = 0, powerCuts = 0, stalls = 0, joinStorm = 0 } = plan
    return [
      ...this.perMinute(partitions, (atMs) => this.partition(atMs, this.between(2_000, 8_000))),
      ...this.perMinute(oneWayCuts, (atMs) => this.oneWayCut(atMs)),
      ...(plan.flapping === true ? this.flapping() : []),
      ...this.perMinute(crashes, (atMs) => this.death('kill', atMs)),
      ...this.perMinute(powerCuts, (atMs) => this.death('power-cut', atMs)),
      ...this.perMinute(stalls, (atMs) => this.stall(atMs)),
      ...this.joins(Math.min(joinStorm, this.nodes - 1)),
    ]
  }

  private perMinute(rate: number, make: (atMs: number) => ScheduledEvent[]): ScheduledEvent[] {
    const count = Math.round((rate * (this.toMs - this.fromMs)) / 60_000)
    return Array.from({ length: count }, () => make(this.between(this.fromMs, this.toMs - 1))).flat()
  }

  private between(least: number, most: number): number {
    return this.dice.between(least, most)
  }

  private anyNode(): number {
    return this.between(0, this.nodes - 1)
  }

  private half(): number[] {
    const all = Array.from({ length: this.nodes }, (_, index) => index)
    return this.dice.some(all, Math.ceil(this.nodes / 2))
  }

  private partition(atMs: number, forMs: number): ScheduledEvent[] {
    return [
      { kind: 'partition', groups: [this.half()], atMs },
      { kind: 'heal', atMs: atMs + forMs },
    ]
  }

  private oneWayCut(atMs: number): ScheduledEvent[] {
    const from = this.half()
    const to = Array.from({ length: this.nodes }, (_, index) => index).filter((index) => !from.includes(index))
    return [
      { kind: 'cut', from, to, atMs },
      { kind: 'heal', atMs: atMs + this.between(2_000, 8_000) },
    ]
  }

  private flapping(): ScheduledEvent[] {
    const thirdMs = (this.toMs - this.fromMs) / 3
    const group = this.half()
    const turns = Array.from({ length: Math.floor(thirdMs / 2_000) }, (_, turn) => this.fromMs + thirdMs + turn * 2_000)
    return turns.flatMap((atMs): ScheduledEvent[] => [
      { kind: 'partition', groups: [group], atMs },
      { kind: 'heal', atMs: atMs + 1_000 },
    ])
  }

  private death(kind: 'kill' | 'power-cut', atMs: number): ScheduledEvent[] {
    const node = this.anyNode()
    return [
      { kind, node, atMs },
      { kind: 'start', node, atMs: atMs + this.between(1_000, 5_000) },
    ]
  }

  private stall(atMs: number): ScheduledEvent[] {
    return [{ kind: 'stall', node: this.anyNode(), atMs, forMs: this.between(1_000, 5_000), waking: 'at-once' }]
  }

  private joins(count: number): ScheduledEvent[] {
    const middleMs = (this.fromMs + this.toMs) / 2
    return Array.from({ length: count }, (_, i) => ({
      kind: 'start',
      node: this.nodes - 1 - i,
      atMs: middleMs + this.between(0, 100),
    }))
  }
}
