import type { NodeId, Origin, RunId, Sequence } from './identity.ts'
import type { Update } from './update.ts'

/** The protocol that this code writes, and the oldest that it still reads. */
export const PROTOCOL_VERSION = 1
export const PROTOCOL_VERSION_MIN = 1

/** Two independent sums of 32 bits each, as unsigned integers: 64 bits that JavaScript adds without allocating. */
export type Hash64 = readonly [number, number]

/** Dots `from` … `to` of an origin, both included, beyond a hole. */
export type SequenceRange = readonly [from: number, to: number]

/** What is covered of one origin: 1 … `contiguous`, and ranges beyond it, ascending, disjoint, never adjacent. */
export interface OriginCoverage {
  readonly origin: Origin
  /** 0 when even the first dot is missing */
  readonly contiguous: number
  readonly ranges: readonly SequenceRange[]
}

/** A whole `seen` on the wire, in code-unit order of the origins. */
export type Coverage = readonly OriginCoverage[]

export const TUNER_MODES = ['active', 'observing', 'single-node', 'off'] as const
export type TunerMode = (typeof TUNER_MODES)[number]

/** Proof of life, and everything a member must know to tell whether it lacks something. */
export interface Heartbeat {
  readonly nodeId: NodeId
  readonly runId: RunId
  /** 1, 2, 3 … within the run; a smaller one than the last is late and ignored */
  readonly number: number
  /** undefined until this run has written something */
  readonly origin: Origin | undefined
  /** the sender's next heartbeat comes within this, give or take the jitter */
  readonly intervalMs: number
  /** whether intervals are spread by 0.9 … 1.1 (false) or 0.5 … 1.5 (true) */
  readonly wideJitter: boolean
  /** may be coordinator: has been up long enough to know the mesh */
  readonly candidate: boolean
  /** the greatest reign that the sender knows */
  readonly epoch: number
  /** the sender claims to be coordinator in that reign */
  readonly coordinator: boolean
  /** sum over `seen` */
  readonly digest: Hash64
  /** sum over the live dots and their content, tombstones left out */
  readonly liveHash: Hash64
  /** origins that changed at the sender lately, at most RECENT_ORIGINS_MAX */
  readonly recent: readonly OriginCoverage[]
  readonly tunerMode: TunerMode
  /** 0 … 1 */
  readonly load: number
  readonly cluster: string
  readonly protocolMin: number
  readonly protocolMax: number
  /** of the sender's declared parameters; unequal ones are shown to people */
  readonly declarationsHash: Hash64
  /** where the sender can be dialled, '' when it does not say */
  readonly address: string
  /** other members' addresses that the sender learned lately */
  readonly addresses: readonly string[]
}

export interface PullRequest {
  /** chosen by the asker, repeated in the answers; never the same in two runs of a node */
  readonly session: number
  /** the asker's coverage when the session began */
  readonly seen: Coverage
  /** from the first answer on: the server's coverage of that moment */
  readonly snapshot: Coverage | undefined
  /** the asker has everything up to and with this dot in (origin, sequence) order */
  readonly cursor: readonly [Origin, Sequence] | undefined
  /** the asker must compare dots, because its `seen` did not cover `collected` */
  readonly full: boolean
  /** divergence: send everything live, the asker merges the union and claims nothing */
  readonly union: boolean
  /** the asker reads updates in columns */
  readonly columns: boolean
}

export interface PullAnswer {
  readonly session: number
  readonly updates: readonly Update[]
  /** this is the last part: with it the asker may claim the snapshot */
  readonly last: boolean
  /** where to go on; undefined in the last part, and in another one when the asker must begin a new session */
  readonly cursor: readonly [Origin, Sequence] | undefined
  /** in the first answer only */
  readonly snapshot: Coverage | undefined
  /** in the first answer only */
  readonly collected: readonly (readonly [Origin, Sequence])[] | undefined
  /** of the server's run and its `collected` now; unequal to the first answer's: start again */
  readonly basis: Hash64
  readonly full: boolean
  /**
   * full exchange: the dots held live between the request's cursor and this answer's, as ranges with `contiguous` 0; at the
   * end the asker drops what the snapshot covers and no part has listed
   */
  readonly dots: readonly OriginCoverage[] | undefined
  /** the updates travel in columns, where they fit */
  readonly columns: boolean
}

/** One answer for many askers: everything live that `base` does not cover. Who covers `base` may claim `seen`. */
export interface Repair {
  readonly base: Coverage
  readonly seen: Coverage
  readonly updates: readonly Update[]
}

/**
 * What a node measured of one metric since it last told the coordinator. A distribution has buckets, a rate has outcomes.
 * Reports are differences, so the coordinator adds them up, and a lost one is a few samples fewer.
 */
export interface MetricReport {
  readonly metric: string
  /** outcomes of a rate */
  readonly good: number
  readonly bad: number
  /** indices of histogram buckets, ascending, with how many samples each got */
  readonly buckets: readonly (readonly [index: number, count: number])[]
}

export interface Measurements {
  /** the time that they cover, milliseconds */
  readonly elapsedMs: number
  readonly metrics: readonly MetricReport[]
}

export type Message =
  /** new writes, complete groups */
  | { readonly type: 'updates'; readonly updates: readonly Update[] }
  | { readonly type: 'heartbeat'; readonly heartbeat: Heartbeat }
  | { readonly type: 'pullRequest'; readonly request: PullRequest }
  | { readonly type: 'pullAnswer'; readonly answer: PullAnswer }
  | { readonly type: 'repair'; readonly repair: Repair }
  /** are you there? answered by a heartbeat to all, at most one each H/4, else to the asker alone */
  | { readonly type: 'probe' }
  /** a clean stop; heartbeats of that run that arrive later are ignored */
  | { readonly type: 'leave'; readonly runId: RunId }
  /** to the coordinator, whose tuner adds them up; the core only takes it for a sign of life */
  | { readonly type: 'measurements'; readonly measurements: Measurements }

export type MessageType = Message['type']
