import { AntiEntropy } from './anti-entropy.ts'
import { Collector } from './collector.ts'
import type { DeadlineName } from './deadlines.ts'
import type { Effect, StoredState } from './effects.ts'
import { Election } from './election.ts'
import { assertInvariant } from './errors.ts'
import type { ParameterChange } from './events.ts'
import { Exclusion, type TurnedAway } from './exclusion.ts'
import type { NodeId, Origin, Sequence } from './identity.ts'
import { ORIGINS_WARN, SIBLINGS_REPORTED_ABOVE } from './limits.ts'
import type { Member } from './member.ts'
import { Membership } from './membership.ts'
import { Presence } from './presence.ts'
import type { Hash64, Heartbeat, Message, TunerMode } from './protocol.ts'
import type { Part } from './pull-session.ts'
import { RepairServer } from './repair-server.ts'
import { Saver } from './saver.ts'
import { type CoreOptions, Self } from './self.ts'
import { type CoreSettings, TIMING } from './settings.ts'
import type { Update } from './update.ts'
import { type WriteChange, Writer } from './writer.ts'

/** What the host tells other nodes about itself. */
export interface HostFacts {
  readonly load: number
  readonly tunerMode: TunerMode
  readonly address: string
  /** addresses of other members that the mesh learned lately */
  readonly addresses: readonly string[]
  readonly declarationsHash: Hash64
}

/** Everything that can happen to a node. `nowMs`: elapsed time, monotonic; `wallMs`: the machine's clock. */
export type Input = { readonly nowMs: number; readonly wallMs: number } & (
  | { readonly type: 'start' }
  /** `earliestDeadlineMs` has passed; whatever was queued has been put in before */
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly from: NodeId; readonly message: Message }
  | { readonly type: 'peerUp'; readonly peer: NodeId }
  | { readonly type: 'peerDown'; readonly peer: NodeId }
  /** somebody refused this node; told again as often as that happens */
  | { readonly type: 'turnedAway'; readonly refusal: TurnedAway }
  /** a local write of one group, checked by the host */
  | { readonly type: 'write'; readonly changes: readonly WriteChange[] }
  /** the batch of a `persist` effect could not be stored */
  | { readonly type: 'storeFailed'; readonly version: number }
  | { readonly type: 'settings'; readonly settings: CoreSettings }
  | { readonly type: 'facts'; readonly facts: Partial<HostFacts> }
  | { readonly type: 'stop' }
)

/**
 * One node: a function from what happens to what is to be done. It performs no I/O, reads no clock, draws no random number
 * of its own; the host does, and so the agent, the tests and the simulator all run this same code.
 */
export class Core {
  readonly self: Self
  readonly membership: Membership
  readonly election: Election
  readonly exclusion: Exclusion
  private readonly presence: Presence
  private readonly antiEntropy: AntiEntropy
  private readonly repairServer: RepairServer
  private readonly writer: Writer
  private readonly collector: Collector
  private readonly saver: Saver

  constructor(options: CoreOptions) {
    this.self = new Self(options)
    this.membership = new Membership(this.self)
    this.election = new Election(this.self, this.membership)
    this.exclusion = new Exclusion(this.self, this.membership, this.election)
    this.presence = new Presence(this.self, this.membership, this.election)
    this.antiEntropy = new AntiEntropy(this.self, this.membership)
    this.repairServer = new RepairServer(this.self, this.antiEntropy)
    this.writer = new Writer(this.self)
    this.collector = new Collector(this.self, this.membership)
    this.saver = new Saver(this.self, this.writer.clock)
  }

  get replica() {
    return this.self.replica
  }

  get ready(): boolean {
    return this.self.ready
  }

  /** When the next `tick` is due, in elapsed milliseconds; Infinity when nothing is waited for. */
  get earliestDeadlineMs(): number {
    return this.self.deadlines.earliestMs
  }

  /** A wake-up later than this means that the process stood still. */
  get stallMs(): number {
    return TIMING.stallH * this.self.intervalMs
  }

  /** How a member compares with this node now. */
  inStep(nodeId: NodeId): boolean | undefined {
    const member = this.membership.members.get(nodeId)
    return member && this.antiEntropy.standing(member) === 'equal'
  }

  /** Whether a member has told that it has seen this update. */
  hasShown(nodeId: NodeId, origin: Origin, sequence: Sequence): boolean {
    return this.membership.members.get(nodeId)?.hasShown(origin, sequence, this.replica.seen) ?? false
  }

  /** Takes a stored state in, before `start`. */
  restore(stored: StoredState): void {
    this.saver.restore(stored)
  }

  /** Everything that this node must go on with; `clean`: nothing was written after this. */
  snapshot(clean: boolean): StoredState {
    return this.saver.snapshot(clean)
  }

  step(input: Input): readonly Effect[] {
    const { self } = this
    const lastMs = self.turn.nowMs
    self.turn.begin(input.nowMs, input.wallMs)
    self.deadlines.nowMs = self.turn.nowMs
    const { seen } = self.replica
    seen.nowMs = self.turn.nowMs
    seen.recentSinceMs = self.after(-TIMING.recentH)
    this.forgiveStall(lastMs)
    this.handle(input)
    this.reportDrift()
    this.antiEntropy.noteDigest()
    this.saver.save()
    return self.turn.end()
  }

  /**
   * A deadline that is late by so much says that the process stood still. Looked at before whatever comes first, a queued
   * message as well as a tick, because an answer to it may move the very deadline that is late.
   * @param lastMs of the input before
   */
  private forgiveStall(lastMs: number): void {
    // It stood still since its last input at most: a deadline that was late by then already does not make it longer.
    const lateMs = this.self.nowMs - Math.max(lastMs, this.self.deadlines.earliestMs)
    if (lateMs <= this.stallMs) return
    this.self.deadlines.skip(lateMs)
    this.membership.forgiveStall(lateMs)
  }

  private handle(input: Input): void {
    if (this.self.stopped) return
    switch (input.type) {
      case 'start':
        return this.start()
      case 'tick':
        return this.tick()
      case 'message':
        return this.onMessage(input.from, input.message)
      case 'peerUp':
        return this.onPeerUp(input.peer)
      case 'peerDown':
        this.membership.reachable.delete(input.peer)
        return
      case 'turnedAway':
        return this.exclusion.note(input.refusal)
      case 'write':
        return this.write(input.changes)
      case 'storeFailed':
        return this.saver.onFailed(input.version)
      case 'settings':
        this.self.settings = input.settings
        return
      case 'facts':
        Object.assign(this.self, input.facts)
        return
      case 'stop':
        return this.stop()
    }
  }

  private start(): void {
    this.self.startedMs = this.self.nowMs
    this.election.start()
    this.presence.start()
    this.self.deadlines.set('alone', this.self.after(TIMING.aloneH))
    this.collector.start()
    const { complaint } = this.saver
    if (complaint) this.self.turn.emit({ type: 'rejected', ...complaint, nodeId: undefined })
  }

  private stop(): void {
    this.self.turn.broadcast({ type: 'leave', runId: this.self.runId })
    this.self.stopped = true
    this.saver.retry()
  }

  private tick(): void {
    const { self } = this
    // Whatever is handled sets its next deadline later than now, so this ends; the count makes that an invariant.
    for (let handled = 0; ; handled++) {
      const due = self.deadlines.takeDue(self.nowMs)
      if (due === undefined) return
      assertInvariant(handled < 100, `the deadline ${due} is set again and again`)
      this.onDeadline(due)
    }
  }

  private onDeadline(due: DeadlineName): void {
    switch (due) {
      case 'heartbeat':
        return this.presence.onDue()
      case 'prompt':
        return this.presence.onPromptDue()
      case 'greet':
        return this.presence.onGreetDue()
      case 'silence':
        if (this.membership.checkSilence(this.election.coordinator)) this.afterMembership()
        return
      case 'candidacy':
        if (this.election.becomeCandidate()) this.roleChanged()
        // In a large mesh the next ordinary heartbeat says it: all at once would be heard as so many within one H.
        else if (this.election.candidate && !this.membership.wideJitter) this.presence.broadcast()
        return
      case 'pull':
        return this.antiEntropy.onPullDue()
      case 'pullRetry':
        return this.antiEntropy.onRetryDue()
      case 'part':
        return this.mergeWaiting()
      case 'hole':
        return this.antiEntropy.onHoleDue()
      case 'alone':
        return this.onAloneDue()
      case 'store':
        return this.saver.retry()
      case 'collect':
        return this.collector.onDue()
    }
  }

  private onAloneDue(): void {
    this.exclusion.end()
    if (this.membership.members.size === 0) this.self.becomeReady()
    // Whoever is there now may be gone before it has told what this node lacks.
    else this.self.deadlines.set('alone', this.self.after(TIMING.aloneH))
  }

  private onMessage(from: NodeId, message: Message): void {
    if (from === this.self.nodeId) return
    const sender = this.membership.heardFrom(from)
    switch (message.type) {
      case 'updates':
        return this.onUpdates(from, message.updates)
      case 'heartbeat':
        return this.onHeartbeat(from, message.heartbeat, sender)
      case 'pullRequest':
        return this.repairServer.onRequest(from, message.request)
      case 'pullAnswer':
        // In their order, because the last one claims what all of them brought.
        this.mergeWaiting()
        return this.mergePart(this.antiEntropy.onAnswer(from, message.answer))
      case 'repair':
        return this.learned(from, message.repair.updates, this.antiEntropy.onRepair(from, message.repair))
      case 'probe':
        return this.presence.answer(from)
      case 'measurements':
        return
      case 'leave':
        if (this.membership.left(from, message.runId)) this.afterMembership(from)
        return
    }
  }

  private onPeerUp(peer: NodeId): void {
    this.membership.reachable.add(peer)
    this.exclusion.end()
    this.presence.onPeerUp(peer)
  }

  private onHeartbeat(from: NodeId, heartbeat: Heartbeat, sender: Member | undefined): void {
    if (heartbeat.nodeId !== from || heartbeat.cluster !== this.self.cluster) return
    const member = this.membership.take(heartbeat, sender)
    if (member === undefined) return
    if (this.election.consider(member)) this.roleChanged()
    // After the election, because the coordinator may be silent for a shorter time than the others.
    this.membership.watch(member, this.election.coordinator)
    if (this.election.noteEpoch(heartbeat)) this.presence.broadcast()
    if (heartbeat.address !== '' || heartbeat.addresses.length > 0)
      this.self.turn.add({ type: 'addresses', addresses: [heartbeat.address, ...heartbeat.addresses].filter(Boolean) })
    const standing = this.antiEntropy.onHeartbeat(member)
    this.presence.noteHeard(heartbeat, standing)
    if (standing === 'behind' && this.antiEntropy.settled) this.presence.tellBehind(from)
  }

  private roleChanged(): void {
    this.presence.broadcast()
  }

  /** Somebody left, or is gone. */
  private afterMembership(left?: NodeId): void {
    if (left !== undefined) this.antiEntropy.forget(left)
    const { coordinator } = this.election
    if (this.election.afterLoss()) this.roleChanged()
    if (coordinator === this.election.coordinator) return
    // A shorter silence is allowed to whoever is coordinator now.
    const next = this.election.coordinator && this.membership.members.get(this.election.coordinator)
    if (next) this.membership.watch(next, this.election.coordinator)
  }

  private onUpdates(from: NodeId, updates: readonly Update[]): void {
    const changes: ParameterChange[] = []
    let hole = false
    for (const update of updates) {
      const outcome = this.replica.merge(update, changes)
      this.observe(from, update, outcome === 'conflicting')
      if (outcome === 'refused') this.refused(from, update)
      hole ||= this.antiEntropy.leavesHole(update)
    }
    if (hole) this.antiEntropy.noteHole(from)
    this.changed('remote', changes)
  }

  private mergeWaiting(): void {
    this.mergePart(this.antiEntropy.takeWaiting())
  }

  private mergePart(part: Part | undefined): void {
    if (part !== undefined) this.learned(part.from, part.updates, this.antiEntropy.absorb(part))
  }

  /** What a pull or a repair brought. */
  private learned(from: NodeId, updates: readonly Update[], changes: readonly ParameterChange[]): void {
    for (const update of updates) this.observe(from, update, false)
    if (changes.length > 0) this.presence.promptLearned()
    this.changed('repair', changes)
  }

  /** Clock and numbering take note of what came in, whether or not it was new. */
  private observe(from: NodeId, update: Update, conflicting: boolean): void {
    const { self, writer } = this
    writer.noteForeign(update, conflicting)
    writer.clock.driftMaxMs = self.settings.maxClockDriftMs
    if (writer.clock.observe(update.timestampMs, update.timestampLogical, self.turn.wallMs) === 'taken') return
    this.drifted = { update, from, count: (this.drifted?.count ?? 0) + 1 }
  }

  private drifted: { readonly update: Update; readonly from: NodeId; readonly count: number } | undefined

  /** Once a turn, however many updates a wrong clock stamped. */
  private reportDrift(): void {
    if (this.drifted === undefined) return
    const { update, from, count } = this.drifted
    this.drifted = undefined
    const aheadMs = Math.round(update.timestampMs - this.self.turn.wallMs)
    const others = count > 1 ? ` (and ${count - 1} more)` : ''
    const detail = `${update.origin} #${update.sequence}${others} is stamped ${aheadMs} ms ahead of this machine's clock`
    this.self.turn.emit({ type: 'rejected', code: 'CLOCK_DRIFT', detail, nodeId: from })
  }

  private refused(from: NodeId, update: Update): void {
    const detail = `${update.origin} is one origin too many`
    this.self.turn.emit({ type: 'rejected', code: 'ORIGINS_LIMIT', detail, nodeId: from })
  }

  private write(requested: readonly WriteChange[]): void {
    const { turn } = this.self
    const changes: ParameterChange[] = []
    const updates = this.writer.write(requested)
    for (const update of updates) {
      const outcome = this.replica.merge(update, changes)
      assertInvariant(outcome === 'applied', `an own write is new (it was ${outcome})`)
    }
    turn.broadcast({ type: 'updates', updates })
    turn.add({ type: 'written', updates, version: this.saver.nextVersion })
    this.presence.promptWritten()
    this.changed('local', changes)
  }

  private changed(source: 'local' | 'remote' | 'repair', changes: readonly ParameterChange[]): void {
    if (changes.length === 0) return
    const { turn } = this.self
    turn.emit({ type: 'changed', source, changes })
    for (const { section, parameter, after } of changes) {
      if (after.length < 2) continue
      turn.emit({ type: 'conflict', section, parameter, siblings: after })
      if (after.length === SIBLINGS_REPORTED_ABOVE + 1)
        turn.emit({ type: 'rejected', code: 'SIBLINGS_MANY', detail: `${section}.${parameter}`, nodeId: undefined })
    }
    this.warnOfOrigins()
  }

  private warnedOfOrigins = false

  private warnOfOrigins(): void {
    const { size } = this.replica.seen.origins
    if (this.warnedOfOrigins || size < ORIGINS_WARN) return
    this.warnedOfOrigins = true
    this.self.turn.emit({ type: 'rejected', code: 'ORIGINS_MANY', detail: `${size} origins`, nodeId: undefined })
  }
}
