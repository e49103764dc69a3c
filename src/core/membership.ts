import type { NodeId, RunId } from './identity.ts'
import { MEMBERS_MAX } from './limits.ts'
import { Member } from './member.ts'
import type { Heartbeat } from './protocol.ts'
import type { Self } from './self.ts'
import { JITTER_NARROW, JITTER_WIDE, TIMING } from './settings.ts'

/** Past runs are remembered, so that a late heartbeat does not bring them back. */
const PAST_RUNS_MAX = 1_000

/**
 * Who is in the mesh. A member is doubted after three of its own intervals without a sign of life (the coordinator after
 * 2.5 H), then asked directly, and is gone when it does not answer. Deadlines only ever move later between two looks, so
 * the earliest is a lower bound, and a look sets the next one exactly.
 */
export class Membership {
  readonly members = new Map<NodeId, Member>()
  /** what the mesh can reach now, whether or not it has been heard */
  readonly reachable = new Set<NodeId>()
  private readonly self: Self
  /**
   * Runs that are no members any more, each with the greatest number heard of it: only a greater one shows that the run still
   * lives, because a frame may be late by as long as its receiver stood still. Infinity for a run that said good-bye.
   */
  private readonly pastRuns = new Map<RunId, number>()

  constructor(self: Self) {
    this.self = self
  }

  /** Members, oneself included; those that the mesh reaches count before they are heard. */
  get size(): number {
    return Math.max(this.members.size, this.reachable.size) + 1
  }

  /** Heartbeat interval of an ordinary node in a mesh of this size (RFC 3550, 6.2: constant traffic whatever the size). */
  get ordinaryIntervalMs(): number {
    return this.self.intervalMs * Math.max(1, this.size / this.self.presenceBudget)
  }

  get wideJitter(): boolean {
    return this.size > this.self.presenceBudget
  }

  /** Any message is a sign of life. Returns whose, when it is a member. */
  heardFrom(nodeId: NodeId): Member | undefined {
    const member = this.members.get(nodeId)
    if (member?.heard(this.self.nowMs)) this.self.turn.emit({ type: 'member', nodeId, state: 'recovered' })
    return member
  }

  /**
   * The member as this heartbeat describes it; undefined when the heartbeat is late, of another cluster, or one too many.
   * @param member as it was known before, undefined when it is new
   */
  take(heartbeat: Heartbeat, member: Member | undefined): Member | undefined {
    const { nodeId, runId } = heartbeat
    if (this.pastRuns.size > 0 && heartbeat.number <= (this.pastRuns.get(runId) ?? 0)) return undefined
    if (member === undefined) return this.join(heartbeat)
    if (member.runId === runId) {
      if (heartbeat.number <= member.heartbeat.number) return undefined
      member.heartbeat = heartbeat
      return member
    }
    this.depart(member.runId, member.heartbeat.number)
    const restarted = new Member(heartbeat, this.self.nowMs)
    this.members.set(nodeId, restarted)
    this.self.turn.emit({ type: 'member', nodeId, state: 'restarted' })
    return restarted
  }

  private join(heartbeat: Heartbeat): Member | undefined {
    const { nodeId } = heartbeat
    if (this.members.size >= MEMBERS_MAX) {
      this.self.turn.emit({ type: 'rejected', code: 'MEMBERS_LIMIT', detail: `${nodeId} is ignored`, nodeId })
      return undefined
    }
    const member = new Member(heartbeat, this.self.nowMs)
    this.members.set(nodeId, member)
    this.self.turn.emit({ type: 'member', nodeId, state: 'joined' })
    return member
  }

  /** A clean stop: removed at once, and that run stays away. */
  left(nodeId: NodeId, runId: RunId): boolean {
    this.depart(runId, Number.POSITIVE_INFINITY)
    const member = this.members.get(nodeId)
    if (member?.runId !== runId) return false
    this.members.delete(nodeId)
    this.self.turn.emit({ type: 'member', nodeId, state: 'left' })
    return true
  }

  private depart(runId: RunId, number: number): void {
    this.pastRuns.set(runId, number)
    if (this.pastRuns.size > PAST_RUNS_MAX) this.pastRuns.delete(this.pastRuns.keys().next().value!)
  }

  /** The time for which this member may be silent before it is asked. */
  private silenceMs(member: Member, coordinator: NodeId | undefined): number {
    const { intervalMs, wideJitter, coordinator: reigns } = member.heartbeat
    if (member.nodeId === coordinator)
      return TIMING.coordinatorSilenceH * Math.max(this.self.intervalMs, reigns ? intervalMs : 0)
    // Its interval grew with the mesh since it announced one, hence the larger of the two.
    const expectedMs = Math.max(intervalMs, this.ordinaryIntervalMs)
    const jitter = wideJitter || this.wideJitter ? JITTER_WIDE : JITTER_NARROW
    return TIMING.memberSilenceIntervals * expectedMs * jitter.most
  }

  /** Have the silence deadline stand no later than this member's. */
  watch(member: Member, coordinator: NodeId | undefined): void {
    this.self.deadlines.setEarlier('silence', member.heardMs + this.silenceMs(member, coordinator))
  }

  /**
   * Asks whoever has been silent for too long, drops who did not answer, and sets the next look.
   * Returns whether somebody was dropped.
   */
  checkSilence(coordinator: NodeId | undefined): boolean {
    const { nowMs } = this.self
    let dropped = false
    let nextMs = Number.POSITIVE_INFINITY
    for (const member of this.members.values()) {
      if (!member.suspected && member.heardMs + this.silenceMs(member, coordinator) <= nowMs) {
        this.ask(member)
        this.self.turn.emit({ type: 'member', nodeId: member.nodeId, state: 'suspected' })
        if (member.nodeId === coordinator) this.askCandidates(member)
      }
    }
    for (const member of this.members.values()) {
      if (member.askedSinceMs === undefined)
        nextMs = Math.min(nextMs, member.heardMs + this.silenceMs(member, coordinator))
      else if (nowMs >= member.askedSinceMs + TIMING.answerH * this.self.intervalMs) {
        this.drop(member)
        dropped = true
      } else nextMs = Math.min(nextMs, this.askAgain(member, member.askedSinceMs))
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.self.deadlines.set('silence', nextMs)
    return dropped
  }

  private ask(member: Member): void {
    member.askedSinceMs ??= this.self.nowMs
    member.asked++
    this.self.turn.send(member.nodeId, { type: 'probe' })
  }

  /** Asks once more if it is time; returns when to look again. */
  private askAgain(member: Member, sinceMs: number): number {
    const apartMs = TIMING.questionsApartH * this.self.intervalMs
    if (member.asked < TIMING.questions && this.self.nowMs >= sinceMs + member.asked * apartMs) this.ask(member)
    const nextQuestion = member.asked < TIMING.questions ? member.asked * apartMs : Number.POSITIVE_INFINITY
    return sinceMs + Math.min(nextQuestion, TIMING.answerH * this.self.intervalMs)
  }

  /** Whoever would follow is asked with the coordinator, so that several that died together are found together. */
  private askCandidates(coordinator: Member): void {
    const followers = [...this.members.values()]
      .filter(
        ({ nodeId, heartbeat }) => heartbeat.candidate && nodeId > coordinator.nodeId && nodeId < this.self.nodeId,
      )
      .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
    for (const follower of followers.slice(0, TIMING.candidatesAsked)) if (!follower.suspected) this.ask(follower)
  }

  private drop(member: Member): void {
    this.depart(member.runId, member.heartbeat.number)
    this.members.delete(member.nodeId)
    this.self.turn.emit({ type: 'member', nodeId: member.nodeId, state: 'gone' })
  }

  /** The process stood still: nobody else was silent for that long. */
  forgiveStall(lateMs: number): void {
    for (const member of this.members.values()) {
      member.heardMs = Math.min(this.self.nowMs, member.heardMs + lateMs)
      if (member.askedSinceMs !== undefined)
        member.askedSinceMs = Math.min(this.self.nowMs, member.askedSinceMs + lateMs)
    }
  }
}
