import { decodeFrame, encodeFrame } from '#codec/frame'
import { Core, type Input } from '#core/core'
import type { Effect, StoreBatch } from '#core/effects'
import type { NodeId, RunId } from '#core/identity'
import type { Message, PullAnswer, PullRequest } from '#core/protocol'
import { answerPull } from '#core/pull-server'
import { PullSession } from '#core/pull-session'
import { MemoryStore } from '#store/memory'
import type { InputBody } from '../support/core-node.ts'
import { incarnationOf, nodeIdOf } from './picture.ts'

/** A session with the messages that it has made, which may arrive at any time and any number of times. */
export interface ReplayedSession {
  readonly session: PullSession
  readonly questions: PullRequest[]
  readonly answers: PullAnswer[]
}

/** As over a wire: every receiver has its own copy. */
export function carried<M extends Message>(message: M): M {
  const decoded = decodeFrame(encodeFrame([message], Number.POSITIVE_INFINITY).bytes)
  if (decoded.outcome === 'rejected') throw new Error(`a core sent what cannot be read: ${decoded.detail}`)
  return decoded.messages[0] as M
}

/** The real core, writer, saver and store of one node; only when something happens is the trace's. */
export class ReplayedNode {
  readonly nodeId: NodeId
  pull: ReplayedSession | undefined
  core: Core
  store = new MemoryStore()
  private unstored: StoreBatch[] = []
  private incarnation = 1
  private runs = 0
  private sessions = 0

  constructor(n: number) {
    this.nodeId = nodeIdOf(n)
    this.core = this.newCore()
    void this.store.open(this.nodeId)
  }

  get runId(): RunId {
    return incarnationOf(this.runs) as RunId
  }

  private newCore(): Core {
    this.runs++
    return new Core({
      nodeId: this.nodeId,
      runId: this.runId,
      cluster: 'spec',
      settings: { heartbeatIntervalMs: 1_000, maxClockDriftMs: 5_000 },
      presenceBudget: 64,
      random: () => 0,
      newIncarnation: () => incarnationOf(this.incarnation),
      stored: true,
    })
  }

  /** Time stands still, so that no deadline of the core comes: the trace says when something happens. */
  step(input: InputBody, wallMs = 0): readonly Effect[] {
    const effects = this.core.step({ ...input, nowMs: 0, wallMs } as Input)
    for (const effect of effects) if (effect.type === 'persist') this.unstored.push(effect.batch)
    return effects
  }

  ask(server: ReplayedNode): void {
    const session = new PullSession(this.core.replica, {
      peer: server.nodeId,
      id: ++this.sessions,
      union: false,
      nowMs: 0,
    })
    this.pull = { session, questions: [session.request()], answers: [] }
  }

  answerTo(request: PullRequest, partBytesMax: number): PullAnswer {
    const { request: arrived } = carried({ type: 'pullRequest', request })
    const answer = answerPull(this.core.replica, this.runId, arrived, partBytesMax)
    return carried({ type: 'pullAnswer', answer }).answer
  }

  /** What became of it; `ignored`: the answer does not take the session on. */
  take(answer: PullAnswer): 'ignored' | 'more' | 'complete' | 'again' {
    const { session, questions } = this.pull!
    if (!session.moves(answer)) return 'ignored'
    const { replica } = this.core
    const outcome = session.take(answer)
    session.merge(replica, answer.updates, [])
    if (outcome === 'more') {
      questions.push(session.request())
      return 'more'
    }
    this.pull = undefined
    return outcome === 'last' && session.finish(replica, []) ? 'complete' : 'again'
  }

  /** Everything up to now, which includes what pulls and dropped tombstones changed beside the core's own steps. */
  async save(): Promise<void> {
    this.step({ type: 'facts', facts: {} })
    for (const batch of this.unstored) await this.store.commit(batch, { history: [], conflicts: [] })
    this.unstored = []
  }

  async restart(): Promise<void> {
    await this.save()
    await this.store.close(true)
    await this.begin()
  }

  async crash(): Promise<void> {
    this.unstored = []
    this.incarnation++
    await this.begin()
  }

  private async begin(): Promise<void> {
    this.pull = undefined
    this.core = this.newCore()
    const stored = await this.store.open(this.nodeId)
    if (stored) this.core.restore(stored)
  }
}
