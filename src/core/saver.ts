import type { StoreBatch, StoredState } from './effects.ts'
import type { HybridClock } from './hybrid-clock.ts'
import type { NodeId, Origin, Sequence } from './identity.ts'
import type { Self } from './self.ts'

/** Storing is tried again after 1 H, and at last every 32 H: a complete batch takes a large node a good part of a second. */
const RETRY_H_MIN = 1
const RETRY_H_MAX = 32

/** Gathers what changed in a turn into one batch, so that a store never holds a part of it (I5). */
export class Saver {
  private readonly self: Self
  private readonly clock: HybridClock
  private version = 0
  /** what the store has of these: a replaced origin must not come back after a clean stop */
  private savedOrigin: Origin | undefined
  private savedSequence = 0
  private savedEpoch = 0
  /** a batch was lost: nothing is stored until a complete one replaces what the store holds */
  private failed = false
  private completeVersion = 0
  private retryH = RETRY_H_MIN
  /** what an operator should know of the store that was restored */
  complaint: { readonly code: 'STORE_OTHER_NODE' | 'ORIGIN_REPLACED'; readonly detail: string } | undefined

  constructor(self: Self, clock: HybridClock) {
    this.self = self
    this.clock = clock
  }

  /** The version in which what happens in this turn will be stored; undefined on a node without a store. */
  get nextVersion(): number | undefined {
    return this.self.replica.unsaved ? this.version + 1 : undefined
  }

  save(): void {
    const { unsaved } = this.self.replica
    if (unsaved === undefined || this.failed || !this.needed()) return
    this.persist(this.batch())
  }

  private persist(batch: StoreBatch): void {
    this.version++
    this.self.turn.add({ type: 'persist', version: this.version, batch })
    this.noteSaved(this.self)
    this.self.replica.unsaved!.clear()
  }

  /** What this batch held is not stored, nor is what came after it: until `retry` the node goes on without a store. */
  onFailed(version: number): void {
    if (this.failed || version < this.completeVersion) return
    this.failed = true
    this.retryH = version === this.completeVersion ? Math.min(2 * this.retryH, RETRY_H_MAX) : RETRY_H_MIN
    this.self.deadlines.set('store', this.self.after(this.retryH))
  }

  /** Stores everything, if storing has failed. */
  retry(): void {
    if (!this.failed) return
    this.failed = false
    this.completeVersion = this.version + 1
    this.persist(this.completeBatch())
  }

  private completeBatch(): StoreBatch {
    const { replica } = this.self
    return {
      ...this.batch(),
      complete: true,
      parameters: [...replica.sectionNames()].flatMap((section) =>
        [...replica.parameterNames(section)].map((parameter) => this.stored(section, parameter)),
      ),
      seen: replica.seen.coverage(Number.POSITIVE_INFINITY),
      collected: [...replica.collected],
    }
  }

  private stored(section: string, parameter: string): StoreBatch['parameters'][number] {
    return { section, parameter, siblings: this.self.replica.siblings(section, parameter) }
  }

  private needed(): boolean {
    const { parameters, origins, collected } = this.self.replica.unsaved!
    if (parameters.size > 0 || origins.size > 0 || collected) return true
    const { origin, sequence, epoch } = this.self
    return origin !== this.savedOrigin || sequence !== this.savedSequence || epoch !== this.savedEpoch
  }

  private noteSaved({ origin, sequence, epoch }: Pick<StoredState, 'origin' | 'sequence' | 'epoch'>): void {
    this.savedOrigin = origin
    this.savedSequence = sequence
    this.savedEpoch = epoch
  }

  private batch(): StoreBatch {
    const { replica, origin, sequence, epoch } = this.self
    const { parameters, origins, collected } = replica.unsaved!
    return {
      complete: false,
      parameters: [...parameters].flatMap(([section, names]) =>
        [...names].map((parameter) => this.stored(section, parameter)),
      ),
      seen: [...origins].map((state) => state.coverage()),
      collected: collected ? [...replica.collected] : undefined,
      origin,
      sequence,
      epoch,
      clock: [this.clock.milliseconds, this.clock.logical],
    }
  }

  snapshot(clean: boolean): StoredState {
    const { nodeId, replica, origin, sequence, epoch } = this.self
    return {
      nodeId,
      clean,
      origin,
      sequence,
      updates: [...replica.live()],
      seen: replica.seen.coverage(Number.POSITIVE_INFINITY),
      collected: [...replica.collected],
      epoch,
      clock: [this.clock.milliseconds, this.clock.logical],
    }
  }

  /** Goes on as the same origin only after a clean stop of the same node; else the next write takes a new one. */
  restore(stored: StoredState): void {
    const { self } = this
    self.replica.seen.join(stored.seen)
    self.replica.load(stored.updates)
    for (const [origin, sequence] of stored.collected) self.replica.joinCollected(origin, sequence as Sequence)
    self.replica.unsaved?.clear()
    self.epoch = stored.epoch
    this.clock.restore(...stored.clock)
    this.noteSaved(stored)
    this.complaint = complaintOf(stored, self.nodeId)
    if (!stored.clean || stored.nodeId !== self.nodeId) return
    self.origin = stored.origin
    self.sequence = stored.sequence
  }
}

function complaintOf({ nodeId, copied, origin }: StoredState, own: NodeId): Saver['complaint'] {
  if (nodeId !== own)
    return { code: 'STORE_OTHER_NODE', detail: `the store was that of ${nodeId}; ${own} goes on with what it holds` }
  if (!copied || origin === undefined) return undefined
  const detail = `the store is a copy of the one in which ${origin} stopped; that one may have gone on`
  return { code: 'ORIGIN_REPLACED', detail }
}
