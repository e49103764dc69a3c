import type { Failure } from '../checkers/checker.ts'
import type { EventKind } from '../schedule.ts'
import type { Percentiles } from './samples.ts'

/** What the nodes sent of one kind, each broadcast counted once, per node and second. */
export interface TrafficRate {
  readonly messages: number
  readonly bytes: number
}

/** One step of the curve: how many had it after so long, as shares of all. */
export interface SpreadPoint {
  readonly ms: number
  /** of all pairs of a write and a node that was up */
  readonly nodes: number
  /** of all writes: every node had it */
  readonly writes: number
}

/**
 * What a simulated run came to: what `configsync simulate --json` prints. Names are stable; a later version may add
 * fields. Times are simulated milliseconds, shares are 0 … 1.
 */
export interface SimulationReport {
  readonly format: 'configsync-simulation/1'
  readonly seed: number
  readonly nodes: number
  readonly heartbeatIntervalMs: number
  /** from the first start to the end */
  readonly simulatedMs: number
  /** no checker found anything */
  readonly passed: boolean
  readonly failures: readonly Failure[]
  /** the same for two runs exactly when they were the same */
  readonly digest: string
  /** how often each kind of event was scheduled */
  readonly events: Readonly<Partial<Record<EventKind, number>>>
  readonly writes: {
    readonly made: number
    readonly acknowledged: number
    /** acknowledged, kept by nobody who had promised it, and gone with all who had it */
    readonly excused: number
  }
  readonly convergence: {
    /** what is promised of a single write while messages are lost */
    readonly boundMs: number
    /** share of the writes that reached every node within the bound */
    readonly withinBound: number | null
    /** from a write until a node has it, or what replaced it */
    readonly toOneNode: Percentiles
    /** … until every node has that was up all the time */
    readonly toEveryNode: Percentiles
    /** writes that some node did not have when all healed; they count as not reached */
    readonly unfinished: number
    readonly spread: readonly SpreadPoint[]
  }
  readonly healing: {
    /** from the end of all faults until all nodes are equal; null: they did not become so in time */
    readonly tookMs: number | null
    readonly boundMs: number
  }
  readonly traffic: {
    /** by type of message, sent */
    readonly sent: Readonly<Record<string, TrafficRate>>
    /** each receiver counted */
    readonly received: { readonly frames: number; readonly bytes: number }
  }
  readonly repairs: {
    readonly pulls: number
    readonly broadcasts: number
    readonly fullExchanges: number
  }
  /** met by nodes, each node counted */
  readonly conflicts: number
  readonly divergences: number
  readonly removals: {
    /** members given up that were there and could be reached */
    readonly false: number
    /** … that a fault explains: they were down, stalled or cut off, or their heartbeats were lost */
    readonly excused: number
  }
  /** times that some node became coordinator, the first one included */
  readonly reigns: number
  readonly damagedFrames: { readonly received: number; readonly refused: number }
}

/** Steps of the curve: 1, 2, 5, 10 … milliseconds, so that a hop and a minute both have room. */
export const SPREAD_STEPS_MS: readonly number[] = [
  5, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000,
  20_000, 30_000, 60_000, 120_000, 300_000,
]
