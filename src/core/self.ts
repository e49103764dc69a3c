import { Deadlines } from './deadlines.ts'
import { Turn } from './effects.ts'
import type { NodeId, Origin, RunId } from './identity.ts'
import { PULL_PART_BYTES } from './limits.ts'
import type { Hash64, TunerMode } from './protocol.ts'
import { Replica } from './replica.ts'
import type { CoreSettings } from './settings.ts'
import type { HashKey } from './slot-table.ts'

export interface CoreOptions {
  readonly nodeId: NodeId
  readonly runId: RunId
  readonly cluster: string
  readonly settings: CoreSettings
  /** heartbeats that a node should at most hear per heartbeat interval; the mesh says it */
  readonly presenceBudget: number
  /** 0 ≤ random() < 1 */
  readonly random: () => number
  /** 16 hexadecimal digits, never the same twice */
  readonly newIncarnation: () => string
  /** whether the host stores what `persist` effects say */
  readonly stored: boolean
  /** what one part of a pull carries, estimated bytes; default PULL_PART_BYTES */
  readonly pullPartBytes?: number
  /** 64 bits that only this run knows, so that nobody can choose names that are slow to find; default 0, where nobody would */
  readonly nameKey?: HashKey
}

/** What the parts of one core share: the node itself and the moment that is being handled. */
export class Self {
  readonly nodeId: NodeId
  readonly runId: RunId
  readonly cluster: string
  readonly presenceBudget: number
  readonly pullPartBytes: number
  readonly random: () => number
  readonly newIncarnation: () => string
  readonly replica: Replica
  readonly deadlines = new Deadlines()
  readonly turn = new Turn()
  settings: CoreSettings
  /** elapsed time of the start */
  startedMs = 0
  /** undefined until the first own write */
  origin: Origin | undefined
  sequence = 0
  /** the greatest reign ever seen */
  epoch = 0
  /** 0 … 1 */
  load = 0
  tunerMode: TunerMode = 'off'
  address = ''
  addresses: readonly string[] = []
  declarationsHash: Hash64 = [0, 0]
  ready = false
  stopped = false

  constructor(options: CoreOptions) {
    this.nodeId = options.nodeId
    this.runId = options.runId
    this.cluster = options.cluster
    this.presenceBudget = options.presenceBudget
    this.pullPartBytes = options.pullPartBytes ?? PULL_PART_BYTES
    this.random = options.random
    this.newIncarnation = options.newIncarnation
    this.settings = options.settings
    this.replica = new Replica({ stored: options.stored, nameKey: options.nameKey })
  }

  /** H */
  get intervalMs(): number {
    return this.settings.heartbeatIntervalMs
  }

  get nowMs(): number {
    return this.turn.nowMs
  }

  /** `h` heartbeat intervals from now. */
  after(h: number): number {
    return this.turn.nowMs + h * this.intervalMs
  }

  becomeReady(): void {
    if (this.ready) return
    this.ready = true
    this.deadlines.cancel('alone')
    this.turn.emit({ type: 'ready' })
  }
}
