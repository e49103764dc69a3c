import { compareWith, type Standing } from './comparison.ts'
import { hash64Equal, hash64OfText } from './digest.ts'
import { DigestHistory } from './digest-history.ts'
import type { ParameterChange } from './events.ts'
import type { NodeId } from './identity.ts'
import { COVERAGE_RANGES_MAX, DIGEST_HISTORY_MAX } from './limits.ts'
import type { Member } from './member.ts'
import type { Membership } from './membership.ts'
import type { Coverage, PullAnswer, Repair } from './protocol.ts'
import { type Part, PullSession } from './pull-session.ts'
import { RoundTrip } from './round-trip.ts'
import type { Self } from './self.ts'
import { TIMING } from './settings.ts'
import type { Update } from './update.ts'

/** Origins beyond which a member's whole coverage is not remembered at each equal digest. */
const TOLD_ORIGINS_MAX = 256
/** Sessions of one run, before numbers meet those of another. Times 2^32 it stays a safe integer. */
const SESSIONS_MAX = 2 ** 20
/** A session that must begin again this often in a row is left to the next heartbeat. */
const RESTARTS_MAX = 5

/**
 * Finds out from heartbeats whether this node lacks something, and pulls it: one pull at a time, after a short random wait
 * in which the missing usually comes by itself or by somebody else's repair.
 */
export class AntiEntropy {
  readonly history = new DigestHistory(DIGEST_HISTORY_MAX)
  session: PullSession | undefined
  private readonly self: Self
  private readonly membership: Membership
  private readonly ahead = new Set<NodeId>()
  /** of the last session; far apart in two runs, because an answer to a session of the last run claims what this one lacks */
  private sessions: number
  private restarts = 0
  private attempts = 0
  private readonly roundTrip: RoundTrip
  private waiting: Part | undefined
  private holeFrom: NodeId | undefined
  private notedVersion = 0
  /** elapsed time of the last change of what this node has seen */
  private changedMs = 0
  private coverage: { readonly version: number; readonly value: Coverage } | undefined

  constructor(self: Self, membership: Membership) {
    this.self = self
    this.membership = membership
    this.roundTrip = new RoundTrip(self.intervalMs / 40)
    this.sessions = hash64OfText(self.runId)[0] * SESSIONS_MAX
  }

  /** Remembers the digest of this moment, if it is a new one. */
  noteDigest(): void {
    const { digest, version } = this.self.replica.seen
    if (version === this.notedVersion) return
    this.notedVersion = version
    this.changedMs = this.self.nowMs
    this.history.note(digest.lane1, digest.lane2)
  }

  /** Long enough that who does not have it by now has missed it. */
  get settled(): boolean {
    return this.self.nowMs >= this.changedMs + TIMING.settledH * this.self.intervalMs
  }

  standing(member: Member): Standing {
    return compareWith(member.heartbeat, this.self.replica.seen, this.history)
  }

  /** Looks at a fresh heartbeat. */
  onHeartbeat(member: Member): Standing {
    member.toldMs = this.self.nowMs
    const standing = this.standing(member)
    if (standing === 'equal') this.inStep(member)
    if (standing === 'ahead' || standing === 'unknown') this.mayLack(member.nodeId)
    else {
      this.ahead.delete(member.nodeId)
      this.self.becomeReady()
    }
    return standing
  }

  private inStep(member: Member): void {
    member.inStepMs = this.self.nowMs
    if (this.self.replica.seen.origins.size <= TOLD_ORIGINS_MAX) member.told = this.currentCoverage()
    if (hash64Equal(member.heartbeat.liveHash, this.self.replica.liveHash.value())) return
    if (this.session || this.self.nowMs < member.noUnionBeforeMs) return
    member.noUnionBeforeMs = this.self.after(TIMING.unionH)
    const { nodeId } = member
    this.self.turn.emit({ type: 'diverged', nodeId, detail: `${nodeId} has seen the same and holds something else` })
    this.begin(nodeId, true)
  }

  private currentCoverage(): Coverage {
    const { seen } = this.self.replica
    if (this.coverage?.version !== seen.version)
      this.coverage = { version: seen.version, value: seen.coverage(COVERAGE_RANGES_MAX) }
    return this.coverage.value
  }

  /** A member told its coverage: does it have something that this node lacks? */
  onCoverageTold(nodeId: NodeId, coverage: Coverage): void {
    const member = this.membership.members.get(nodeId)
    if (member) {
      member.told = coverage
      member.toldMs = this.self.nowMs
    }
    if (!this.self.replica.seen.includes(coverage)) this.mayLack(nodeId)
  }

  private mayLack(nodeId: NodeId): void {
    this.ahead.add(nodeId)
    if (this.session || this.self.deadlines.has('pull')) return
    const delayH = TIMING.pullDelayH + this.self.random() * TIMING.pullSpreadH
    // A node that has just started knows that it lacks something; there is nothing to wait for.
    this.self.deadlines.set('pull', this.self.ready ? this.self.after(delayH) : this.self.nowMs)
  }

  /** The wait is over: pull, if that is still so. */
  onPullDue(): void {
    if (this.session) return
    const { ripe, fresh } = this.whoIsAhead(undefined)
    const peer = this.oneOf(ripe)
    if (peer !== undefined) this.begin(peer, false)
    else if (fresh !== undefined) this.mayLack(fresh)
  }

  /**
   * Those who still show more than this node has. Who has only just told is `fresh` and not asked yet: under a load of many
   * writers every heartbeat names updates that are still on their way.
   */
  private whoIsAhead(not: NodeId | undefined): { readonly ripe: NodeId[]; readonly fresh: NodeId | undefined } {
    const { nowMs, ready, intervalMs } = this.self
    const toldByMs = ready ? nowMs - TIMING.pullDelayH * intervalMs : nowMs
    const ripe: NodeId[] = []
    let fresh: NodeId | undefined
    for (const nodeId of this.ahead) {
      const member = this.membership.members.get(nodeId)
      if (!member || !this.stillAhead(member)) this.ahead.delete(nodeId)
      else if (nodeId === not || member.noPullBeforeMs > nowMs) continue
      else if (member.toldMs > toldByMs) fresh = nodeId
      else ripe.push(nodeId)
    }
    return { ripe, fresh }
  }

  private oneOf(nodeIds: readonly NodeId[]): NodeId | undefined {
    return nodeIds[Math.floor(this.self.random() * nodeIds.length)]
  }

  private stillAhead(member: Member): boolean {
    const standing = this.standing(member)
    if (standing === 'ahead' || standing === 'unknown') return true
    return member.told !== undefined && !this.self.replica.seen.includes(member.told)
  }

  private begin(peer: NodeId, union: boolean): void {
    if (this.session) return
    this.self.deadlines.cancel('pull')
    this.session = new PullSession(this.self.replica, { peer, id: ++this.sessions, union, nowMs: this.self.nowMs })
    this.attempts = 0
    this.ask(this.session)
  }

  private ask(session: PullSession): void {
    this.attempts++
    this.roundTrip.asked(session.id, this.self.nowMs)
    this.self.turn.send(session.peer, { type: 'pullRequest', request: session.request() })
    this.self.deadlines.set('pullRetry', this.self.nowMs + this.retryMs)
  }

  private get retryMs(): number {
    const { intervalMs } = this.self
    return Math.max(TIMING.pullRetryH * intervalMs, Math.min(TIMING.pullRetryMostH * intervalMs, 2 * this.roundTrip.ms))
  }

  /** No answer: the same question again, to another node that showed the same where there is one. */
  onRetryDue(): void {
    const { session } = this
    if (session === undefined) return
    if (this.attempts >= TIMING.pullRetries) {
      this.ahead.delete(session.peer)
      this.finish(session, 'timeout')
      // What was asked for that long is not on its way: there is nothing to wait for if somebody else has it.
      if (this.self.deadlines.has('pull')) this.self.deadlines.set('pull', this.self.nowMs)
      return
    }
    const other = session.union ? undefined : this.oneOf(this.whoIsAhead(session.peer).ripe)
    if (other !== undefined) {
      const { id, startedMs: nowMs } = session
      this.session = new PullSession(this.self.replica, { peer: other, id: id + 1, union: false, nowMs })
      this.sessions = id + 1
    }
    this.ask(this.session!)
  }

  /**
   * Returns the part if it is to be merged now; undefined when it belongs to no session of ours, or waits. While more is to
   * come the next part is asked for before this one is merged, so that the server makes it meanwhile.
   */
  onAnswer(from: NodeId, answer: PullAnswer): Part | undefined {
    const { session } = this
    if (session === undefined || session.peer !== from || session.id !== answer.session) {
      this.roundTrip.answeredLate(answer.session, this.self.nowMs)
      return undefined
    }
    if (!session.moves(answer)) return undefined
    this.roundTrip.answered(session.id, this.self.nowMs)
    const outcome = session.take(answer)
    const part = { session, from, updates: answer.updates, outcome }
    if (outcome !== 'more') return part
    this.attempts = 0
    this.ask(session)
    this.waiting = part
    this.self.deadlines.set('part', this.self.nowMs)
    return undefined
  }

  /** The part that waits to be merged. */
  takeWaiting(): Part | undefined {
    const { waiting } = this
    this.waiting = undefined
    this.self.deadlines.cancel('part')
    return waiting
  }

  /** Merges a part, and ends its session if it was the last. Returns what changed. */
  absorb({ session, updates, outcome }: Part): ParameterChange[] {
    const { replica } = this.self
    const changes: ParameterChange[] = []
    const before = replica.seen.version
    session.merge(replica, updates, changes)
    // A session that was given up meanwhile still brought updates; each counts for its own dot.
    if (outcome === 'more' || session !== this.session) return changes
    if (outcome === 'last' && session.finish(replica, changes))
      this.complete(session, before !== replica.seen.version || session.updates > 0)
    else this.again(session)
    return changes
  }

  private again(session: PullSession): void {
    this.session = undefined
    this.self.deadlines.cancel('pullRetry')
    if (++this.restarts <= RESTARTS_MAX) this.begin(session.peer, session.union)
    else this.finish(session, 'timeout')
  }

  private complete(session: PullSession, found: boolean): void {
    const member = this.membership.members.get(session.peer)
    if (member && !found) member.noPullBeforeMs = this.self.after(TIMING.pullEmptyH)
    this.finish(session, found ? 'complete' : 'empty')
    if (!session.union) this.self.becomeReady()
  }

  private finish(session: PullSession, outcome: 'complete' | 'empty' | 'timeout'): void {
    this.session = undefined
    this.restarts = 0
    this.self.deadlines.cancel('pullRetry')
    const { peer: from, updates, full } = session
    const elapsedMs = this.self.nowMs - session.startedMs
    this.self.turn.emit({ type: 'repaired', from, updates, full, outcome, elapsedMs })
    const { ripe, fresh } = this.whoIsAhead(outcome === 'complete' ? undefined : from)
    const next = ripe[0] ?? fresh
    if (next !== undefined) this.mayLack(next)
  }

  /** One answer for many. Whoever covers its base may claim what its sender has seen, and needs no pull. */
  onRepair(from: NodeId, repair: Repair): ParameterChange[] {
    const { replica } = this.self
    const claims = replica.seen.includes(repair.base)
    const changes: ParameterChange[] = []
    let mergeable = true
    for (const update of repair.updates) {
      const outcome = replica.merge(update, changes)
      if (outcome === 'refused' || outcome === 'conflicting') mergeable = false
    }
    if (!claims || !mergeable) return changes
    replica.seen.join(repair.seen)
    this.closedByRepair(from, changes.length)
    this.self.deadlines.cancel('pull')
    this.ahead.delete(from)
    this.self.becomeReady()
    return changes
  }

  /** The gap is closed, so what was pulled for it is not awaited any more. */
  private closedByRepair(from: NodeId, updates: number): void {
    const { session } = this
    const elapsedMs = session ? this.self.nowMs - session.startedMs : 0
    if (updates > 0)
      this.self.turn.emit({ type: 'repaired', from, updates, full: false, outcome: 'complete', elapsedMs })
    if (session === undefined || session.union) return
    this.session = undefined
    this.self.deadlines.cancel('pullRetry')
  }

  /**
   * A dot beyond a hole gives the missing ones two round trips, in which they may merely be reordered, and then causes one
   * pull. Afterwards only a differing digest does: an update that died with its writer leaves a hole for ever.
   */
  noteHole(from: NodeId): void {
    if (this.self.deadlines.has('hole')) return
    this.holeFrom = from
    this.self.deadlines.set('hole', this.self.nowMs + 2 * this.roundTrip.ms)
  }

  onHoleDue(): void {
    const from = this.holeFrom
    this.holeFrom = undefined
    if (from === undefined || this.session || !this.membership.members.has(from)) return
    if (this.hasFreshHole()) this.begin(from, false)
  }

  /** Whether some hole has not been asked about yet; marks all as asked. */
  private hasFreshHole(): boolean {
    let fresh = false
    for (const state of this.self.replica.seen.origins.values()) {
      const end = state.ranges.at(-1)?.[1] ?? 0
      if (end > state.holeAskedTo) fresh = true
      state.holeAskedTo = Math.max(state.holeAskedTo, end)
    }
    return fresh
  }

  /** Whether this update left a hole that nobody has been asked about. */
  leavesHole(update: Update): boolean {
    const state = this.self.replica.seen.origins.get(update.origin)
    return state !== undefined && state.ranges.length > 0 && state.ranges.at(-1)![1] > state.holeAskedTo
  }

  forget(nodeId: NodeId): void {
    this.ahead.delete(nodeId)
    if (this.session?.peer !== nodeId) return
    const { session } = this
    this.session = undefined
    this.finish(session, 'timeout')
  }
}
