import { type CausalContext, EMPTY_CONTEXT, joinContexts, supersedes } from './causal-context.ts'
import { HashSum, hashUpdate, result } from './digest.ts'
import type { ParameterChange } from './events.ts'
import type { Origin, Sequence } from './identity.ts'
import { ORIGINS_MAX } from './limits.ts'
import { LiveEntry } from './live-list.ts'
import { type OriginState, Seen } from './seen.ts'
import { type HashKey, type Slot, SlotTable } from './slot-table.ts'
import type { Update } from './update.ts'

/**
 * - applied: now among the siblings of its parameter
 * - obsolete: a sibling's writer had seen it already
 * - duplicate: seen before
 * - conflicting: its dot is here with other content (breaks I3)
 * - refused: its origin would be one too many
 */
export type MergeOutcome = 'applied' | 'obsolete' | 'duplicate' | 'conflicting' | 'refused'

const NO_SIBLINGS: readonly Update[] = Object.freeze([])

/**
 * The replicated state: for each parameter the set of siblings, for the node what it has seen. Two replicas that merged
 * the same updates, in any order and with any repetition, are equal.
 *
 * I1: a dot in `seen` is live here, or superseded by something live here, or covered by `collected`.
 * I2: siblings are pairwise concurrent.
 * I3: one dot, one content, for ever.
 * I4: `collected` lies within the hole-free part of `seen`.
 * I5: siblings, `seen`, `collected` and the own sequence are stored in one transaction.
 */
export class Replica {
  readonly seen = new Seen()
  /** over the live dots and their content, tombstones left out */
  readonly liveHash = new HashSum()
  /** what dropped tombstones had seen: no write may stay concurrent with it */
  readonly collected = new Map<Origin, Sequence>()
  /** live tombstones, with the elapsed time at which each came here */
  readonly tombstones = new Map<Update, number>()
  /** what a store must write; undefined on a node without one */
  readonly unsaved: Unsaved | undefined
  private readonly sections = new Map<string, SlotTable>()
  private slotCount = 0
  /** the parameter looked up last: a write asks for its context and is merged right after */
  private lastSection = ''
  private lastParameter = ''
  private lastSlot: Slot | undefined

  private readonly nameKey: HashKey

  constructor(options: { readonly stored: boolean; readonly nameKey?: HashKey | undefined }) {
    this.nameKey = options.nameKey ?? [0, 0]
    this.unsaved = options.stored ? new Unsaved() : undefined
    this.seen.unsaved = this.unsaved?.origins
  }

  /** Parameters that have a value: those held only by tombstones are left out. */
  get parameterCount(): number {
    let deleted = 0
    for (const tombstone of this.tombstones.keys()) {
      const siblings = this.siblings(tombstone.section, tombstone.parameter)
      if (siblings[0] === tombstone && siblings.every(({ value }) => value === undefined)) deleted++
    }
    return this.slotCount - deleted
  }

  siblings(section: string, parameter: string): readonly Update[] {
    return siblingsOf(this.slot(section, parameter))
  }

  sectionNames(): IterableIterator<string> {
    return this.sections.keys()
  }

  parameterNames(section: string): Iterable<string> {
    return this.sections.get(section)?.keys() ?? []
  }

  /** Everything live, in no particular order. */
  *live(): IterableIterator<Update> {
    for (const parameters of this.sections.values()) for (const slot of parameters.values()) yield* siblingsOf(slot)
  }

  /** What a write to this parameter has seen, without the writer's own dots. */
  contextFor(section: string, parameter: string, writer: Origin): CausalContext {
    const slot = this.slot(section, parameter)
    if (slot === undefined) return this.collected.size === 0 ? EMPTY_CONTEXT : joinContexts([], this.collected, writer)
    if (!Array.isArray(slot) && slot.update.origin === writer) return slot.update.context
    return joinContexts(siblingsOf(slot), new Map(), writer)
  }

  /** @param changes where to note what changed, if anybody wants to know */
  merge(update: Update, changes?: ParameterChange[]): MergeOutcome {
    const state = this.stateFor(update.origin)
    if (state === undefined) return 'refused'
    if (!this.seen.add(state, update.sequence)) return this.sameContent(state, update) ? 'duplicate' : 'conflicting'
    this.unsaved?.parameter(update.section, update.parameter)
    return this.place(state, update, changes)
  }

  /**
   * Merges whether or not `seen` covers the dot: a sibling that was lost by a bug or a bad disk comes back. Of two contents
   * of one dot the one with the greater hash stays, on every node alike.
   */
  restore(update: Update, changes?: ParameterChange[]): MergeOutcome {
    const state = this.stateFor(update.origin)
    if (state === undefined) return 'refused'
    if ((this.collected.get(update.origin) ?? 0) >= update.sequence) return 'obsolete'
    const entry = state.live.find(update.sequence)
    if (entry !== undefined) {
      hashUpdate(state.hash1, state.hash2, update)
      const difference = result.lane1 - (entry.hash1 >>> 0) || result.lane2 - (entry.hash2 >>> 0)
      if (difference <= 0) return 'duplicate'
      this.remove(entry.update)
    }
    this.seen.add(state, update.sequence)
    this.unsaved?.parameter(update.section, update.parameter)
    return this.place(state, update, changes)
  }

  private stateFor(origin: Origin): OriginState | undefined {
    const known = this.seen.origins.get(origin)
    if (known !== undefined) return known
    return this.seen.origins.size < ORIGINS_MAX ? this.seen.state(origin) : undefined
  }

  private sameContent(state: OriginState, update: Update): boolean {
    const entry = state.live.find(update.sequence)
    if (entry === undefined || entry.update === update) return true
    hashUpdate(state.hash1, state.hash2, update)
    return (result.lane1 | 0) === entry.hash1 && (result.lane2 | 0) === entry.hash2
  }

  private place(state: OriginState, update: Update, changes: ParameterChange[] | undefined): MergeOutcome {
    const slot = this.slot(update.section, update.parameter)
    const before = changes === undefined ? NO_SIBLINGS : siblingsOf(slot)
    if (slot === undefined) this.store(update, this.enter(state, update))
    else if (Array.isArray(slot)) {
      if (slot.some((entry) => supersedes(entry.update, update.origin, update.sequence))) return 'obsolete'
      this.store(update, this.joined(slot, state, update))
    } else {
      const sibling = slot.update
      if (supersedes(sibling, update.origin, update.sequence)) return 'obsolete'
      if (supersedes(update, sibling.origin, sibling.sequence)) this.replace(slot, state, update)
      else this.store(update, [slot, this.enter(state, update)])
    }
    changes?.push({
      section: update.section,
      parameter: update.parameter,
      before,
      after: this.siblings(update.section, update.parameter),
      update,
    })
    return 'applied'
  }

  /** I2: what the update's writer had seen goes. */
  private joined(entries: readonly LiveEntry[], state: OriginState, update: Update): Slot {
    const kept: LiveEntry[] = []
    for (const entry of entries) {
      if (supersedes(update, entry.update.origin, entry.update.sequence)) this.leave(entry)
      else kept.push(entry)
    }
    const entered = this.enter(state, update)
    if (kept.length === 0) return entered
    kept.push(entered)
    return kept
  }

  private slot(section: string, parameter: string): Slot | undefined {
    if (this.lastSlot !== undefined && parameter === this.lastParameter && section === this.lastSection)
      return this.lastSlot
    const slot = this.sections.get(section)?.get(parameter)
    this.lastSection = section
    this.lastParameter = parameter
    this.lastSlot = slot
    return slot
  }

  private store({ section, parameter }: Update, slot: Slot): void {
    let parameters = this.sections.get(section)
    if (parameters === undefined) {
      parameters = new SlotTable(this.nameKey)
      this.sections.set(section, parameters)
    }
    const { size } = parameters
    parameters.set(parameter, slot)
    this.slotCount += parameters.size - size
    this.lastSection = section
    this.lastParameter = parameter
    this.lastSlot = slot
  }

  private enter(state: OriginState, update: Update): LiveEntry {
    hashUpdate(state.hash1, state.hash2, update)
    const entry = new LiveEntry(update, result.lane1, result.lane2)
    this.count(entry)
    state.live.link(entry)
    return entry
  }

  /** The usual write: the new update takes the place of the only sibling, and nothing needs to be looked up again. */
  private replace(entry: LiveEntry, state: OriginState, update: Update): void {
    this.leave(entry)
    hashUpdate(state.hash1, state.hash2, update)
    entry.update = update
    entry.hash1 = result.lane1 | 0
    entry.hash2 = result.lane2 | 0
    this.count(entry)
    state.live.link(entry)
  }

  private count({ update, hash1, hash2 }: LiveEntry): void {
    if (update.value === undefined) this.tombstones.set(update, this.seen.nowMs)
    else this.liveHash.add(hash1, hash2)
  }

  /** Takes an entry out of its origin's order and the hash; its slot is the caller's business. */
  private leave(entry: LiveEntry): void {
    const { update } = entry
    if (update.value === undefined) this.tombstones.delete(update)
    else this.liveHash.subtract(entry.hash1, entry.hash2)
    this.seen.state(update.origin).live.unlink(entry)
  }

  /** Takes one sibling away, which only a full exchange and the collection of tombstones may do. */
  private remove(update: Update): void {
    const slot = this.slot(update.section, update.parameter)!
    const kept: LiveEntry[] = []
    for (const entry of Array.isArray(slot) ? slot : [slot]) {
      if (entry.update === update) this.leave(entry)
      else kept.push(entry)
    }
    this.unsaved?.parameter(update.section, update.parameter)
    if (kept.length > 0) return this.store(update, kept.length === 1 ? kept[0]! : kept)
    this.lastSlot = undefined
    const parameters = this.sections.get(update.section)!
    parameters.delete(update.parameter)
    this.slotCount--
    if (parameters.size === 0) this.sections.delete(update.section)
  }

  /** Drops what fails the test, as the end of a full exchange, and notes the changes. */
  retain(keep: (update: Update) => boolean, changes: ParameterChange[]): void {
    for (const update of [...this.live()]) {
      if (keep(update)) continue
      const before = this.siblings(update.section, update.parameter)
      this.remove(update)
      const after = this.siblings(update.section, update.parameter)
      changes.push({ section: update.section, parameter: update.parameter, before, after, update })
    }
  }

  /** Whether a tombstone stands alone and everything that it had seen lies within the hole-free part of `seen`. */
  collectable(tombstone: Update): boolean {
    if (this.siblings(tombstone.section, tombstone.parameter).length !== 1) return false
    const { context } = tombstone
    for (let i = 0; i < context.length; i += 2)
      if ((this.seen.origins.get(context[i] as Origin)?.contiguous ?? 0) < (context[i + 1] as Sequence)) return false
    return this.seen.state(tombstone.origin).contiguous >= tombstone.sequence
  }

  /** Drops a collectable tombstone: what it had seen is from now on covered by `collected` (I1, I4). */
  collect(tombstone: Update): void {
    const { context } = tombstone
    for (let i = 0; i < context.length; i += 2) this.joinCollected(context[i] as Origin, context[i + 1] as Sequence)
    this.joinCollected(tombstone.origin, tombstone.sequence)
    this.remove(tombstone)
  }

  joinCollected(origin: Origin, sequence: Sequence): void {
    if ((this.collected.get(origin) ?? 0) >= sequence) return
    this.collected.set(origin, sequence)
    if (this.unsaved) this.unsaved.collected = true
  }

  /**
   * Takes a stored state in: only on an empty replica whose `seen` is there already. By sequence, because each origin's live
   * entries are kept in that order and only the end is quick to find.
   */
  load(updates: Iterable<Update>): void {
    for (const update of [...updates].sort((a, b) => a.sequence - b.sequence)) {
      const state = this.seen.state(update.origin)
      this.seen.add(state, update.sequence)
      this.place(state, update, undefined)
    }
  }
}

function siblingsOf(slot: Slot | undefined): readonly Update[] {
  if (slot === undefined) return NO_SIBLINGS
  return Array.isArray(slot) ? slot.map(({ update }) => update) : [slot.update]
}

/** What changed since the store was last told. */
export class Unsaved {
  readonly parameters = new Map<string, Set<string>>()
  readonly origins = new Set<OriginState>()
  collected = false

  parameter(section: string, parameter: string): void {
    const names = this.parameters.get(section)
    if (names) names.add(parameter)
    else this.parameters.set(section, new Set([parameter]))
  }

  clear(): void {
    this.parameters.clear()
    this.origins.clear()
    this.collected = false
  }
}
