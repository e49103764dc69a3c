import { describe, expect, it } from 'vitest'
import type { NodeId } from '#core/identity'
import type { Heartbeat, Message } from '#core/protocol'
import { CoreMesh } from '../../support/core-mesh.ts'
import { type CoreNode, change } from '../../support/core-node.ts'

const H = 1_000

const heartbeatsOf = (mesh: CoreMesh, node: CoreNode, sinceMs: number): { atMs: number; heartbeat: Heartbeat }[] =>
  mesh.sent.flatMap(({ atMs, from, to, message }) =>
    from === node && to === undefined && atMs >= sinceMs && message.type === 'heartbeat'
      ? [{ atMs, heartbeat: message.heartbeat }]
      : [],
  )

const gapsMs = (times: readonly number[]): number[] => times.slice(1).map((time, index) => time - times[index]!)

/** Peers that the mesh reaches and that never say anything: they only make the mesh look large. */
function crowd(mesh: CoreMesh, node: CoreNode, count: number): void {
  for (let n = 0; n < count; n++) mesh.step(node, { type: 'peerUp', peer: `z${n}` as NodeId })
}

const states = (node: CoreNode): string[] =>
  node.events.flatMap((event) => (event.type === 'member' ? [`${event.nodeId} ${event.state}`] : []))

describe('presence scaling', () => {
  it('a cold start is heard little, because a timer that fires is set again when the mesh has grown (RFC 3550, 6.3.3)', () => {
    let early = 0
    for (let seed = 1; seed <= 40; seed++) {
      const mesh = new CoreMesh({ nodes: 1, seed, node: { presenceBudget: 4 } })
      const node = mesh.nodes[0]!
      mesh.start(node)
      // The first heartbeat was set within one H while the node was alone.
      crowd(mesh, node, 63)
      mesh.run(H)
      early += heartbeatsOf(mesh, node, 0).length
    }
    // Of 40 nodes whose interval is 16 H, one in 16 may speak in the first H.
    expect(early).toBeLessThanOrEqual(8)
  })

  it('a change of role restarts the heartbeat timer, or a new coordinator would be taken for dead', () => {
    const mesh = CoreMesh.settled({ nodes: 2, node: { presenceBudget: 2 } })
    const [first, second] = mesh.nodes
    crowd(mesh, second!, 62)
    mesh.run(20 * H)
    expect(second!.core.membership.ordinaryIntervalMs).toBeGreaterThan(30 * H)
    mesh.stop(first!)
    const deposedMs = mesh.nowMs
    mesh.run(12 * H)
    expect(second!.core.election.selfReigns).toBe(true)
    const times = heartbeatsOf(mesh, second!, deposedMs).map(({ atMs }) => atMs)
    expect(Math.max(...gapsMs([deposedMs, ...times]))).toBeLessThan(2.5 * H)
  })

  it.each([0, 1])(
    'node %i announces a longer H one heartbeat before it uses it, and nobody misses it meanwhile',
    (index) => {
      const mesh = CoreMesh.settled({ nodes: 3 })
      const node = mesh.nodes[index]!
      const changedMs = mesh.nowMs
      const last = heartbeatsOf(mesh, node, 0).at(-1)!
      mesh.step(node, { type: 'settings', settings: { heartbeatIntervalMs: 5 * H, maxClockDriftMs: 5_000 } })
      mesh.run(60 * H)
      const [announcing, next] = heartbeatsOf(mesh, node, changedMs)
      expect(announcing!.heartbeat.intervalMs).toBe(5 * H)
      expect(announcing!.atMs - last.atMs).toBeLessThanOrEqual(1.1 * H)
      expect(next!.atMs - announcing!.atMs).toBeGreaterThan(4 * H)
      for (const other of mesh.nodes) expect(states(other).filter((state) => /suspected|gone/.test(state))).toEqual([])
    },
  )
})

describe('prompt word', () => {
  const promptsAfterWrite = (others: 0 | 2): number => {
    const mesh = CoreMesh.settled({ nodes: 5 })
    const [writer, a, b, asker] = mesh.nodes
    mesh.write(writer!, change('p', 1))
    const writtenMs = mesh.nowMs
    mesh.run(20)
    const probe: Message = { type: 'probe' }
    if (others === 2)
      for (const node of [a!, b!]) mesh.step(node, { type: 'message', from: asker!.name, message: probe })
    mesh.run(1.2 * H)
    const prompts = [0.2 * H, 0.6 * H, H].map((afterMs) => writtenMs + afterMs)
    return heartbeatsOf(mesh, writer!, writtenMs).filter(({ atMs }) => prompts.some((at) => Math.abs(at - atMs) < 1))
      .length
  }

  it('extra heartbeats follow an own write', () => {
    expect(promptsAfterWrite(0)).toBeGreaterThanOrEqual(1)
  })

  it('they are left out when two heartbeats with the same digest were heard', () => {
    expect(promptsAfterWrite(2)).toBe(0)
  })

  it('one schedule runs at a time, however many writes come', () => {
    const mesh = CoreMesh.settled({ nodes: 3 })
    const startMs = mesh.nowMs
    for (let n = 0; n < 100; n++) {
      mesh.write(mesh.nodes[1]!, change('p', n))
      mesh.run(H / 100)
    }
    expect(heartbeatsOf(mesh, mesh.nodes[1]!, startMs).length).toBeLessThanOrEqual(5)
  })
})

describe('leaving', () => {
  it('takes a member away at once, and late heartbeats of that run are ignored', () => {
    const mesh = CoreMesh.settled({ nodes: 3 })
    const [first, , leaver] = mesh.nodes
    const { heartbeat } = heartbeatsOf(mesh, leaver!, 0).at(-1)!
    mesh.stop(leaver!)
    mesh.run(10)
    expect(first!.core.membership.members.has(leaver!.name)).toBe(false)
    const late = { ...heartbeat, number: heartbeat.number + 10 }
    mesh.step(first!, { type: 'message', from: leaver!.name, message: { type: 'heartbeat', heartbeat: late } })
    expect(first!.core.membership.members.has(leaver!.name)).toBe(false)
    mesh.start(leaver!)
    mesh.run(100)
    expect(first!.core.membership.members.has(leaver!.name)).toBe(true)
  })
})

describe('a late heartbeat of a run that is no more', () => {
  /** The last node was killed and is given up; `late` says what its first run might have said, so much after the last. */
  function killed(): { mesh: CoreMesh; again: CoreNode; late: (more: number) => void } {
    const mesh = CoreMesh.settled({ nodes: 3 })
    const [first, , again] = mesh.nodes
    const { heartbeat } = heartbeatsOf(mesh, again!, 0).at(-1)!
    mesh.vanish(again!)
    mesh.run(8 * H)
    const late = (more: number): void => {
      const message = { type: 'heartbeat', heartbeat: { ...heartbeat, number: heartbeat.number + more } } as const
      mesh.step(first!, { type: 'message', from: again!.name, message })
    }
    return { mesh, again: again!, late }
  }

  it('does not bring the member back', () => {
    const { mesh, again, late } = killed()
    late(0)
    expect(mesh.nodes[0]!.core.membership.members.has(again.name)).toBe(false)
  })

  it('silences the present run for no longer than until its next heartbeat, even if nobody had heard so much of the first', () => {
    const { mesh, again, late } = killed()
    mesh.start(again)
    mesh.run(2 * H)
    late(1)
    mesh.run(2 * H)
    expect(mesh.nodes[0]!.core.membership.members.get(again.name)!.runId).toBe(again.core.self.runId)
  })
})

describe('a stalled process', () => {
  /** The last node stands still: it neither hears nor ticks. */
  function stalled(): { mesh: CoreMesh; sleeper: CoreNode } {
    const mesh = CoreMesh.settled({ nodes: 3 })
    const sleeper = mesh.nodes[2]!
    sleeper.up = false
    mesh.run(20 * H)
    sleeper.up = true
    sleeper.events.length = 0
    return { mesh, sleeper }
  }

  it('does not depose the mesh when it wakes', () => {
    const { mesh, sleeper } = stalled()
    mesh.run(10 * H)
    expect(states(sleeper).filter((state) => /suspected|gone/.test(state))).toEqual([])
    expect(sleeper.events.filter(({ type }) => type === 'coordinator')).toEqual([])
    expect(mesh.nodes.map(({ core }) => core.election.coordinator)).toEqual(['n0', 'n0', 'n0'])
  })

  it('forgives all the time that it slept, also when a queued question made it move its own late heartbeat', () => {
    const { mesh, sleeper } = stalled()
    mesh.step(sleeper, { type: 'message', from: mesh.nodes[0]!.name, message: { type: 'probe' } })
    mesh.step(sleeper, { type: 'tick' })
    const { members } = sleeper.core.membership
    expect(mesh.nowMs - members.get(mesh.nodes[1]!.name)!.heardMs).toBeLessThan(1.2 * H)
  })

  it('forgives it once, also where a tick was late already when it fell asleep', () => {
    const mesh = CoreMesh.settled({ nodes: 3 })
    const [other, sleeper] = mesh.nodes as [CoreNode, CoreNode]
    const dueMs = sleeper.core.earliestDeadlineMs
    const measurements = { elapsedMs: 1, metrics: [] }
    const hear = () =>
      mesh.step(sleeper, { type: 'message', from: other.name, message: { type: 'measurements', measurements } })
    mesh.nowMs = dueMs + 100
    hear()
    mesh.nowMs += 5 * H
    hear()
    expect(sleeper.core.earliestDeadlineMs).toBeCloseTo(dueMs + 5 * H)
    hear()
    expect(sleeper.core.earliestDeadlineMs).toBeCloseTo(dueMs + 5 * H)
  })

  it('handles what was queued before it ticks, and what that set does not wait for as long as it slept', () => {
    const { mesh, sleeper } = stalled()
    mesh.carries = (message, _from, to) => message.type !== 'updates' || to !== sleeper
    mesh.write(mesh.nodes[0]!, change('p', 1))
    const heartbeat = mesh.nodes[0]!.core['presence']['next']()
    mesh.step(sleeper, { type: 'message', from: mesh.nodes[0]!.name, message: { type: 'heartbeat', heartbeat } })
    mesh.step(sleeper, { type: 'tick' })
    mesh.run(0.4 * H)
    expect(sleeper.values('p')).toEqual([1])
  })
})

describe('a node that missed an update', () => {
  /** Heartbeats sent to it alone, for each that it sends, while it hears nothing. */
  function toldEach(nodes: number, writeEveryMs: number): number {
    let told = 0
    let shown = 0
    for (let seed = 1; seed <= 20; seed++) {
      const mesh = CoreMesh.settled({ nodes, seed })
      const deaf = mesh.nodes.at(-1)!
      mesh.carries = (_, __, to) => to !== deaf
      const startMs = mesh.nowMs
      // Not long enough for it to doubt the others, who would answer its questions.
      for (let ms = 0; ms < 1.4 * H; ms += writeEveryMs) {
        mesh.write(mesh.nodes[0]!, change('p', ms))
        mesh.run(writeEveryMs)
      }
      shown += heartbeatsOf(mesh, deaf, startMs + H / 8).length
      told += mesh.sent.filter(
        ({ atMs, to, message }) => atMs >= startMs && to === deaf.name && message.type === 'heartbeat',
      ).length
    }
    return told / shown
  }

  it.each([6, 24])('of %i is told so by about three of those who notice', (nodes) => {
    expect(toldEach(nodes, 1.4 * H)).toBeGreaterThan(2)
    expect(toldEach(nodes, 1.4 * H)).toBeLessThan(4)
  })

  it('is not told while the updates may still be on their way', () => {
    expect(toldEach(6, H / 10)).toBe(0)
  })
})
