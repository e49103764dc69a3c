import { supersedes } from '#core/causal-context'
import type { ParameterChange } from '#core/events'
import type { NodeId, Origin, RunId, Sequence } from '#core/identity'
import { originOf } from '#core/identity'
import { answerPull } from '#core/pull-server'
import { PullSession } from '#core/pull-session'
import { Replica } from '#core/replica'
import type { Update } from '#core/update'

/** One step of a random history. The numbers are taken modulo what there is to choose from. */
export interface Step {
  readonly kind: 'write' | 'writeGroup' | 'delete' | 'deliver' | 'repeat' | 'pull' | 'save' | 'collect' | 'crash'
  readonly node: number
  readonly pick: number
  /** a bit for each other node: whether the broadcast gets there */
  readonly reach: number
  readonly acknowledged: boolean
}

export class TestNode {
  readonly name: NodeId
  incarnation = 0
  sequence = 0
  replica = new Replica({ stored: false })
  disk: Saved = { updates: [], seen: [], collected: [], origin: undefined, sequence: 0 }
  session: PullSession | undefined
  /** the last part of a session, while the next one has been asked for */
  unmerged: { readonly session: PullSession; readonly updates: readonly Update[] } | undefined

  constructor(index: number) {
    this.name = `n${index}` as NodeId
  }

  get origin(): Origin {
    return originOf(this.name, this.incarnation.toString(16).padStart(16, '0'))
  }

  get runId(): RunId {
    return this.incarnation.toString(16).padStart(16, '0') as RunId
  }

  write(parameter: string, value: number | undefined, timestampMs: number, group?: Update['group']): Update {
    this.sequence++
    const update: Update = {
      section: 's',
      parameter,
      value,
      origin: this.origin,
      sequence: this.sequence as Sequence,
      timestampMs,
      timestampLogical: 0,
      priority: timestampMs % 3,
      rule: 'latest',
      epoch: 0,
      context: this.replica.contextFor('s', parameter, this.origin),
      group,
      reason: undefined,
      trace: undefined,
      unknownFields: undefined,
    }
    this.replica.merge(update)
    return update
  }

  save(): void {
    this.disk = {
      updates: [...this.replica.live()],
      seen: this.replica.seen.coverage(Number.POSITIVE_INFINITY),
      collected: [...this.replica.collected],
      origin: this.origin,
      sequence: this.sequence,
    }
  }

  /** Back to what the disk had, under a new incarnation: an unclean stop. */
  crash(): void {
    const { updates, seen, collected } = this.disk
    this.replica = new Replica({ stored: false })
    this.replica.load(updates)
    this.replica.seen.join(seen)
    for (const [origin, sequence] of collected) this.replica.joinCollected(origin, sequence)
    this.incarnation++
    this.sequence = 0
    this.session = undefined
    this.unmerged = undefined
    this.save()
  }

  collect(): void {
    for (const tombstone of [...this.replica.tombstones.keys()])
      if (this.replica.collectable(tombstone)) this.replica.collect(tombstone)
  }
}

interface Saved {
  readonly updates: Update[]
  readonly seen: ReturnType<Replica['seen']['coverage']>
  readonly collected: (readonly [Origin, Sequence])[]
  readonly origin: Origin | undefined
  readonly sequence: number
}

export const seenKey = (replica: Replica): string => JSON.stringify(replica.seen.coverage(Number.POSITIVE_INFINITY))

/** Dots and contents of everything live but tombstones. */
export const liveKey = (replica: Replica): string =>
  JSON.stringify(
    [...replica.live()]
      .filter((update) => update.value !== undefined)
      .map((update) => [update.parameter, update.origin, update.sequence, update.value])
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  )

export class History {
  readonly nodes: TestNode[]
  readonly written: Update[] = []
  readonly acknowledged: Update[] = []
  private readonly queue: { readonly to: number; readonly updates: readonly Update[] }[] = []
  private clock = 0
  private sessions = 0

  constructor(count: number) {
    this.nodes = Array.from({ length: count }, (_, index) => new TestNode(index))
  }

  run(steps: readonly Step[], afterEach: () => void = () => undefined): void {
    for (const step of steps) {
      this.clock++
      this.step(step, step.node % this.nodes.length)
      afterEach()
    }
  }

  private step(step: Step, index: number): void {
    const node = this.nodes[index]!
    switch (step.kind) {
      case 'write':
        return this.broadcast(step, index, [node.write(`k${step.pick % 4}`, this.clock, step.pick % 50)])
      case 'writeGroup':
        return this.broadcast(step, index, this.writeGroup(node, step))
      case 'delete':
        if (node.replica.siblings('s', 'k0').length === 0) return
        return this.broadcast(step, index, [node.write('k0', undefined, step.pick % 50)])
      case 'deliver':
        return this.deliver(step.pick, true)
      case 'repeat':
        return this.deliver(step.pick, false)
      case 'pull':
        return this.pullStep(index, step)
      case 'save':
        return node.save()
      case 'collect':
        return node.collect()
      case 'crash':
        node.crash()
    }
  }

  private writeGroup(node: TestNode, step: Step): Update[] {
    const group = { first: (node.sequence + 1) as Sequence, size: 2 }
    return [
      node.write(`k${step.pick % 4}`, this.clock, step.pick % 50, group),
      node.write(`k${(step.pick + 1) % 4}`, this.clock, step.pick % 50, group),
    ]
  }

  private broadcast(step: Step, from: number, updates: Update[]): void {
    this.written.push(...updates)
    for (let to = 0; to < this.nodes.length; to++)
      if (to !== from && (step.reach >> to) & 1) this.queue.push({ to, updates })
    if (!step.acknowledged) return
    this.nodes[from]!.save()
    this.acknowledged.push(...updates)
  }

  private deliver(pick: number, remove: boolean): void {
    if (this.queue.length === 0) return
    const at = pick % this.queue.length
    const { to, updates } = this.queue[at]!
    if (remove) this.queue.splice(at, 1)
    for (const update of updates) this.nodes[to]!.replica.merge(update)
  }

  /** One part of a session; a new one begins where none is under way, and one in five is cut off after its part. */
  private pullStep(index: number, step: Step): void {
    const node = this.nodes[index]!
    const peer = node.session
      ? this.nodes.find(({ name }) => name === node.session!.peer)!
      : this.nodes[step.pick % this.nodes.length]!
    if (peer === node) return
    node.session ??= this.newSession(node, peer)
    const more = this.part(node, peer, node.session, 1 + (step.reach % 200))
    if (!more || step.reach % 5 === 0) node.session = undefined
  }

  private newSession(node: TestNode, peer: TestNode): PullSession {
    return new PullSession(node.replica, { peer: peer.name, id: ++this.sessions, union: false, nowMs: 0 })
  }

  /** The server answers before the asker has merged the part before: it asks on first. */
  private part(node: TestNode, peer: TestNode, session: PullSession, partBytesMax: number): boolean {
    const answer = answerPull(peer.replica, peer.runId, session.request(), partBytesMax)
    const changes: ParameterChange[] = []
    node.unmerged?.session.merge(node.replica, node.unmerged.updates, changes)
    node.unmerged = undefined
    const outcome = session.take(answer)
    if (outcome === 'more') node.unmerged = { session, updates: answer.updates }
    else session.merge(node.replica, answer.updates, changes)
    if (outcome === 'last') session.finish(node.replica, changes)
    return outcome === 'more'
  }

  /** Everybody pulls from everybody until nothing moves. */
  settle(): void {
    for (let round = 0; round < 100; round++) {
      const before = this.nodes.map(({ replica }) => seenKey(replica) + liveKey(replica)).join()
      for (const node of this.nodes) for (const peer of this.nodes) if (node !== peer) this.wholePull(node, peer)
      if (this.nodes.map(({ replica }) => seenKey(replica) + liveKey(replica)).join() === before) return
    }
    throw new Error('the nodes did not settle')
  }

  private wholePull(node: TestNode, peer: TestNode): void {
    const session = this.newSession(node, peer)
    for (let parts = 0; parts < 1000; parts++) if (!this.part(node, peer, session, 150)) return
    throw new Error('a pull session did not end')
  }

  /** Written updates of which some node still knows. */
  known(): Update[] {
    const { replica } = this.nodes[0]!
    return this.written.filter((update) => replica.seen.covers(update.origin, update.sequence))
  }

  /** Known updates that no other known write to the same parameter had seen: what must be live. */
  maximal(): Update[] {
    const known = this.known()
    return known.filter(
      (update) =>
        !known.some(
          (other) =>
            other !== update &&
            other.parameter === update.parameter &&
            supersedes(other, update.origin, update.sequence),
        ),
    )
  }
}
