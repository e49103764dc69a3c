import type { JsonValue } from '#core/json'
import type { Durability } from './simulated-disk.ts'
import type { Waking } from './simulated-process.ts'

/** How a machine is set up before anything happens. Its name follows from its place: `node-001` … */
export interface NodeSetup {
  /** what its store promises; `none`: it has no store */
  readonly store: 'none' | Durability
  /** how wrong its wall clock is, milliseconds */
  readonly clockOffsetMs: number
  /** how fast its clocks run; 1 is right */
  readonly clockRate: number
  /** whether it knows the declared rules; one that does not still merges by what writers stamp */
  readonly declares: boolean
  /** up from the beginning; else an event starts it */
  readonly present: boolean
}

/** How long a frame is under way. `long-tail`: mostly `leastMs`, and rarely, by a power law, up to `mostMs`. */
export interface DelaySetup {
  readonly kind: 'fixed' | 'uniform' | 'long-tail'
  readonly leastMs: number
  readonly mostMs: number
}

/** What every link does from a moment on. Shares are probabilities for each frame and receiver. */
export interface LinkSetup {
  readonly lossRate: number
  readonly duplicateRate: number
  readonly reorderRate: number
  /** one bit of a frame is turned over on the way */
  readonly flipRate: number
  /** a frame arrives once more, at any time within `echoMs`: long after what it brought was replaced, deleted and forgotten */
  readonly echoRate: number
  readonly echoMs: number
  readonly delay: DelaySetup
}

/** One parameter of a write. No value: it is deleted. The section is always `s`. */
export interface ScheduledChange {
  readonly parameter: string
  readonly value?: JsonValue
  readonly priority?: number
}

/**
 * What happens at a moment. Nodes are given by their index. What cannot be (a kill of a node that is down) is skipped, so
 * that any part of a schedule is a schedule.
 */
export type ScheduledEvent = { readonly atMs: number } & (
  | { readonly kind: 'write'; readonly node: number; readonly changes: readonly ScheduledChange[] }
  | { readonly kind: 'start'; readonly node: number }
  | { readonly kind: 'stop'; readonly node: number }
  | { readonly kind: 'kill'; readonly node: number }
  | { readonly kind: 'power-cut'; readonly node: number }
  | { readonly kind: 'stall'; readonly node: number; readonly forMs: number; readonly waking: Waking }
  | { readonly kind: 'disk'; readonly node: number; readonly condition: 'well' | 'full' | 'failing' | 'slow' }
  | { readonly kind: 'clock'; readonly node: number; readonly offsetMs: number; readonly rate: number }
  | { readonly kind: 'link'; readonly link: LinkSetup }
  /** groups of nodes that do not reach each other; whoever is in none is in one more */
  | { readonly kind: 'partition'; readonly groups: readonly (readonly number[])[] }
  /** nothing that `from` send reaches `to` */
  | { readonly kind: 'cut'; readonly from: readonly number[]; readonly to: readonly number[] }
  | { readonly kind: 'heal' }
  | { readonly kind: 'backup'; readonly node: number }
  /** a node that is down comes back with the copy that `of` made last, its own or another's */
  | { readonly kind: 'restore'; readonly node: number; readonly of: number }
  /** all machines stand still for so long by their own clocks */
  | { readonly kind: 'leap'; readonly ms: number }
)

export type EventKind = ScheduledEvent['kind']

/**
 * A run as plain data: safe to print, to store and to run again. The seed decides what is drawn while it runs (losses,
 * delays, identities, times on the disk); everything else stands here.
 */
export interface Schedule {
  readonly seed: number
  readonly nodes: readonly NodeSetup[]
  readonly link: LinkSetup
  /** in the order of their time */
  readonly events: readonly ScheduledEvent[]
  /** so small that pulls of a few values take several parts, with faults between them; default: as in production */
  readonly pullPartBytes?: number
  /** when everything heals */
  readonly healAtMs: number
}

/** A quiet network of one site: all frames arrive soon, once and in order. */
export const QUIET_LINK: LinkSetup = {
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  flipRate: 0,
  echoRate: 0,
  echoMs: 0,
  delay: { kind: 'uniform', leastMs: 1, mostMs: 10 },
}
