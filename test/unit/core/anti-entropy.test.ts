import { describe, expect, it } from 'vitest'
import { compareWith } from '#core/comparison'
import { DigestHistory } from '#core/digest-history'
import type { NodeId, Origin, RunId, Sequence } from '#core/identity'
import type { Heartbeat, Message } from '#core/protocol'
import { answerPull } from '#core/pull-server'
import { PullSession } from '#core/pull-session'
import { Replica } from '#core/replica'
import { Seen } from '#core/seen'
import type { Update } from '#core/update'
import { CoreMesh } from '../../support/core-mesh.ts'
import { change } from '../../support/core-node.ts'
import { absorbPart } from '../../support/pull-part.ts'
import { sibling } from '../../support/siblings.ts'

const H = 1_000
const PART_BYTES_LEAST = 1
const RUN = 'a'.repeat(16) as RunId

const seenWith = (counts: Readonly<Record<string, number>>): Seen => {
  const seen = new Seen()
  for (const [origin, count] of Object.entries(counts)) seen.raise(seen.state(origin as Origin), count)
  return seen
}

/** As far as comparing looks at it. */
const heartbeatOf = (seen: Seen, listed: readonly string[]): Heartbeat =>
  ({
    digest: seen.digest.value(),
    recent: listed.map((origin) => seen.state(origin as Origin).coverage()),
  }) as unknown as Heartbeat

describe('behind or ahead', () => {
  const ours = seenWith({ a: 7, b: 5, c: 3 })
  const theirs = seenWith({ a: 7, b: 5, c: 2 })
  const history = new DigestHistory(16)

  it('with several writers the list of recent origins shows that nothing is lacking, and without it nobody knows', () => {
    const busy = heartbeatOf(theirs, ['b', 'c'])
    expect(compareWith(busy, ours, history)).toBe('covered')
    expect(compareWith({ ...busy, recent: [] }, ours, history)).toBe('unknown')
  })

  it('a listed maximum beyond ours is ahead', () => {
    expect(compareWith(heartbeatOf(seenWith({ a: 7, b: 6, c: 2 }), ['b', 'c']), ours, history)).toBe('ahead')
  })

  it('an origin that began to change here since is not listed there, and stands there as it stood here before', () => {
    const mine = seenWith({ a: 7, b: 5 })
    mine.nowMs = 10 * H
    mine.recentSinceMs = 6 * H
    for (const [origin, count] of [
      ['a', 8],
      ['new', 1],
      ['new', 2],
      ['b', 6],
    ] as const)
      mine.raise(mine.state(origin as Origin), count)
    // It has heard of b's sixth, but neither of a's eighth nor of the new origin.
    const beginning = heartbeatOf(seenWith({ a: 7, b: 6 }), ['b'])
    expect(compareWith(beginning, mine, history)).toBe('covered')
    expect(compareWith(heartbeatOf(seenWith({ a: 7, b: 6, other: 1 }), ['b']), mine, history)).toBe('unknown')
  })

  it('a digest that was ours is behind', () => {
    const past = new DigestHistory(16)
    past.note(theirs.digest.lane1, theirs.digest.lane2)
    expect(compareWith(heartbeatOf(theirs, []), ours, past)).toBe('behind')
  })
})

/** Everything that a server sends in parts as small as can be, one at a time. */
function* parts(asker: Replica, server: Replica, session: PullSession) {
  for (let part = 0; part < 20; part++) {
    const answer = answerPull(server, RUN, session.request(), PART_BYTES_LEAST)
    const outcome = absorbPart(session, asker, answer)
    yield { answer, outcome }
    if (outcome !== 'more') return
  }
}

const replicaOf = (...updates: Update[]): Replica => {
  const replica = new Replica({ stored: false })
  for (const update of updates) replica.merge(update)
  return replica
}

const sessionOf = (replica: Replica): PullSession =>
  new PullSession(replica, { peer: 'server' as NodeId, id: 1, union: false, nowMs: 0 })

const valuesOf = (replica: Replica): unknown[] =>
  [...replica.live()].map(({ parameter, value }) => `${parameter}=${value}`).sort()

describe('pull', () => {
  const old = sibling('s', 1)
  const other = sibling('s', 2, { sequence: 2 })
  const replacement = sibling('s', 3, { sequence: 3 })
  const parameterOf = (update: Update, parameter: string): Update => ({ ...update, parameter })

  /** The server has replaced `old` by `replacement`; a third node has only ever seen `old`. The server dies half way. */
  function diesHalfWay(claimEarly: boolean): { readonly asker: Replica; readonly third: Replica } {
    const server = replicaOf(parameterOf(old, 'p'), parameterOf(other, 'q'), parameterOf(replacement, 'p'))
    const third = replicaOf(parameterOf(old, 'p'))
    const asker = replicaOf()
    const [first] = parts(asker, server, sessionOf(asker))
    expect(first!.outcome).toBe('more')
    if (claimEarly) asker.seen.raise(asker.seen.state(old.origin), first!.answer.cursor![1])
    for (let round = 0; round < 2; round++) {
      for (const _ of parts(third, asker, sessionOf(third)));
      for (const _ of parts(asker, third, sessionOf(asker)));
    }
    return { asker, third }
  }

  it('only the last part lets the asker claim: claimed early, an update whose replacement died is lost on one side', () => {
    const { asker, third } = diesHalfWay(true)
    expect(asker.seen.digest.value()).toEqual(third.seen.digest.value())
    expect(valuesOf(asker)).not.toEqual(valuesOf(third))
  })

  it('only the last part lets the asker claim: the real session leaves both sides equal', () => {
    const { asker, third } = diesHalfWay(false)
    expect(asker.seen.digest.value()).toEqual(third.seen.digest.value())
    expect(valuesOf(asker)).toEqual(valuesOf(third))
    expect(valuesOf(asker)).toEqual(['p=1', 'q=2'])
  })

  it('the last part carries what reached the server since the snapshot', () => {
    const server = replicaOf(parameterOf(old, 'p'), parameterOf(other, 'q'))
    const asker = replicaOf()
    const steps = parts(asker, server, sessionOf(asker))
    steps.next()
    server.merge(parameterOf(replacement, 'p'))
    for (const _ of steps);
    expect(valuesOf(asker)).toEqual(['p=3', 'q=2'])
  })

  it('a session starts again when collected changes on the way', () => {
    const tombstone = { ...sibling('t', undefined), parameter: 'gone' }
    const server = replicaOf(tombstone, parameterOf(old, 'p'), parameterOf(other, 'q'))
    const asker = replicaOf()
    const session = sessionOf(asker)
    const steps = parts(asker, server, session)
    expect(steps.next().value!.outcome).toBe('more')
    server.collect(tombstone)
    expect(steps.next().value!.outcome).toBe('again')
    expect(asker.seen.covers(tombstone.origin, tombstone.sequence)).toBe(false)
    for (const _ of parts(asker, server, sessionOf(asker)));
    expect(asker.seen.digest.value()).toEqual(server.seen.digest.value())
  })

  it('a part never ends inside a group', () => {
    const group = { first: 1 as Sequence, size: 3 }
    const members = [1, 2, 3].map((n) => ({ ...sibling('s', n, { sequence: n }), parameter: `p${n}`, group }))
    const server = replicaOf(...members, parameterOf(sibling('s', 4, { sequence: 4 }), 'q'))
    const asker = replicaOf()
    const [first] = parts(asker, server, sessionOf(asker))
    expect(first!.answer.updates.map(({ parameter }) => parameter)).toEqual(['p1', 'p2', 'p3'])
  })

  it('a session ends with the run of its server, which may have lost what the snapshot covers', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [server, asker] = mesh.nodes
    mesh.carries = ({ type }) => type !== 'updates'
    const large = 'x'.repeat(200 * 1024)
    mesh.write(server!, change('p', large))
    mesh.write(server!, change('q', large))
    const { origin } = server!.written[0]!
    const hasFirstPart = () => asker!.core.replica.seen.covers(origin, 1 as Sequence)
    expect(mesh.until(hasFirstPart, 3 * H)).toBe(true)
    expect(asker!.core.replica.seen.covers(origin, 2 as Sequence)).toBe(false)
    mesh.vanish(server!)
    mesh.start(server!)
    mesh.run(5 * H)
    expect(mesh.equal).toBe(true)
    expect(asker!.core.replica.seen.covers(origin, 2 as Sequence)).toBe(false)
    expect(asker!.values('p')).toEqual([large])
  })

  it('an answer to a session of the last run is no answer to this one', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [server, asker] = mesh.nodes
    const ids = [1, 2].map(() => {
      mesh.write(server!, change('p', mesh.nowMs))
      mesh.vanish(asker!)
      mesh.start(asker!)
      mesh.run(3 * H)
      return mesh.sent.flatMap(({ from, message }) =>
        from === asker && message.type === 'pullRequest' ? [message.request.session] : [],
      )
    })
    expect(ids[1]!.length).toBeGreaterThan(1)
    expect(new Set(ids[1]).size).toBe(ids[1]!.length)
  })
})

describe('no implosion', () => {
  const NODES = 10

  /** The first node writes, overwriting itself, and nobody receives it. */
  function lost(writes: number, valueBytes: number): { readonly mesh: CoreMesh; readonly lostMs: number } {
    const mesh = CoreMesh.settled({ nodes: NODES })
    mesh.carries = ({ type }) => type !== 'updates'
    for (let n = 0; n < writes; n++) mesh.write(mesh.nodes[0]!, change(`p${n % 3}`, 'x'.repeat(valueBytes) + n))
    const lostMs = mesh.nowMs
    mesh.carries = () => true
    mesh.run(3 * H)
    expect(mesh.equal).toBe(true)
    expect(mesh.divergences).toBe(0)
    return { mesh, lostMs }
  }

  it('three askers cause one broadcast, and whoever covers its base claims it and cancels its pull', () => {
    const { mesh, lostMs } = lost(20, 10)
    expect(mesh.sentSince(lostMs, 'repair')).toBe(1)
    // Questions that crossed the repair on the wire are answered too.
    const answers = mesh.sent.slice(
      0,
      mesh.sent.findIndex(({ message: { type } }) => type === 'repair'),
    )
    expect(answers.filter(({ atMs, message: { type } }) => atMs >= lostMs && type === 'pullAnswer').length).toBe(2)
    const asked = new Set(
      mesh.sent.filter(({ atMs, message }) => atMs >= lostMs && message.type === 'pullRequest').map(({ from }) => from),
    )
    expect(asked.size).toBeLessThan(NODES - 1)
    for (const node of mesh.nodes.slice(1)) expect(node.count('repaired')).toBeGreaterThanOrEqual(1)
  })

  it('without the claim nobody would reach the digest after overwrites', () => {
    const { mesh, lostMs } = lost(20, 10)
    const { message } = mesh.sent.find(({ atMs, message: { type } }) => atMs >= lostMs && type === 'repair')!
    const { repair } = message as Extract<Message, { type: 'repair' }>
    const server = mesh.nodes[0]!.core.replica
    const unclaimed = replicaOf(...repair.updates)
    expect(unclaimed.liveHash.value()).toEqual(server.liveHash.value())
    expect(unclaimed.seen.digest.value()).not.toEqual(server.seen.digest.value())
    unclaimed.seen.join(repair.seen)
    expect(unclaimed.seen.digest.value()).toEqual(server.seen.digest.value())
  })

  it('over 256 KiB there is no repair broadcast, only pulls', () => {
    const { mesh, lostMs } = lost(3, 100 * 1024)
    expect(mesh.sentSince(lostMs, 'repair')).toBe(0)
    expect(mesh.sentSince(lostMs, 'pullAnswer')).toBeGreaterThanOrEqual(NODES - 1)
  })
})

describe('a hole', () => {
  /** The first of two writes is lost, and the second arrives. */
  function withHole(): CoreMesh {
    const mesh = CoreMesh.settled({ nodes: 3 })
    mesh.carries = ({ type }) => type !== 'updates'
    mesh.write(mesh.nodes[2]!, change('p', 1))
    mesh.carries = () => true
    mesh.write(mesh.nodes[2]!, change('q', 2))
    return mesh
  }

  it('gives the missing two round trips, and then causes one pull', () => {
    const mesh = withHole()
    const { nowMs } = mesh
    mesh.run(40)
    expect(mesh.sentSince(nowMs, 'pullRequest')).toBe(0)
    mesh.run(60)
    expect(mesh.equal).toBe(true)
    for (const node of mesh.nodes.slice(0, 2)) expect(mesh.sentSince(nowMs, 'pullRequest', node)).toBe(1)
  })

  it('that was mere reordering causes none', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const { nowMs } = mesh
    mesh.write(mesh.nodes[1]!, change('p', 1))
    mesh.write(mesh.nodes[1]!, change('q', 2))
    const updates = mesh.queue.filter(({ message }) => message.type === 'updates')
    mesh.queue = updates.reverse()
    mesh.run(H)
    expect(mesh.equal).toBe(true)
    expect(mesh.sentSince(nowMs, 'pullRequest')).toBe(0)
  })

  it('that stays for ever, because its update died with its writer, causes no more', () => {
    const mesh = withHole()
    mesh.vanish(mesh.nodes[2]!)
    mesh.run(6 * H)
    const { nowMs } = mesh
    expect(mesh.nodes[0]!.core.replica.seen.coverage(9)).toMatchObject([{ contiguous: 0, ranges: [[2, 2]] }])
    mesh.run(60 * H)
    expect(mesh.sentSince(nowMs, 'pullRequest')).toBe(0)
    expect(mesh.equal).toBe(true)
  })
})

describe('answers that take longer than a question is awaited', () => {
  it('are awaited longer the next time, so that a pull among several members comes to its end', () => {
    const mesh = CoreMesh.settled({ nodes: 12 })
    const behind = mesh.nodes[11]!
    mesh.carries = (_message, _from, to) => to !== behind
    mesh.latencyMs = 100
    mesh.write(mesh.nodes[0]!, change('p', 1))
    mesh.run(H)
    mesh.carries = () => true
    expect(mesh.until(() => behind.values('p').length > 0, 2 * H)).toBe(true)
  })
})
