import { describe, expect, it } from 'vitest'
import { supersedes } from '#core/causal-context'
import type { CoreEvent } from '#core/events'
import { type NodeId, nodeIdOf, type Sequence } from '#core/identity'
import { Replica } from '#core/replica'
import { resolve, resolveConflict } from '#core/resolution'
import type { Update } from '#core/update'
import { CoreMesh } from '../../support/core-mesh.ts'
import { type CoreNode, change } from '../../support/core-node.ts'
import { sibling } from '../../support/siblings.ts'

const H = 1_000

const rejections = (node: CoreNode): string[] =>
  node.events.flatMap((event) => (event.type === 'rejected' ? [event.code] : []))

const eventsOf = <T extends CoreEvent['type']>(node: CoreNode, type: T) =>
  node.events.filter((event): event is Extract<CoreEvent, { type: T }> => event.type === type)

const ordersOf = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item) => ordersOf(items.filter((other) => other !== item)).map((rest) => [item, ...rest]))

describe('the cycle: B follows A with a lower priority, C is concurrent to both and ranks between them', () => {
  const a = sibling('n1', 'A', { priority: 3 })
  const b = sibling('n1', 'B', { priority: 1, sequence: 2 })
  const c = sibling('n2', 'C', { priority: 2 })
  const orders = ordersOf([a, b, c])

  it('ends alike in every order of arrival', () => {
    const outcomes = orders.map((order) => {
      const replica = new Replica({ stored: false })
      for (const update of order) replica.merge(update)
      return resolve(replica.siblings(a.section, a.parameter)).value
    })
    expect(outcomes).toEqual(orders.map(() => 'C'))
  })

  it('and the pairwise rule ends with whatever came in which order', () => {
    const party = (update: Update) => ({
      ...update,
      timestamp: update.timestampMs,
      nodeId: nodeIdOf(update.origin),
      update,
    })
    const pairwise = (current: Update, next: Update): Update => {
      if (supersedes(next, current.origin, current.sequence)) return next
      if (supersedes(current, next.origin, next.sequence)) return current
      return resolveConflict(party(current), party(next)).update
    }
    expect(new Set(orders.map((order) => order.reduce(pairwise).value)).size).toBeGreaterThan(1)
  })
})

describe('I3: one dot, one content, for ever', () => {
  function meetsItself(update: (own: Update) => Update): CoreNode {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [node, other] = mesh.nodes
    mesh.write(node!, change('p', 1))
    const own = node!.written[0]!
    mesh.step(node!, { type: 'message', from: other!.name, message: { type: 'updates', updates: [update(own)] } })
    mesh.write(node!, change('p', 2))
    expect(node!.written[1]!.origin).not.toBe(own.origin)
    expect(node!.written[1]!.sequence).toBe(1)
    expect(eventsOf(node!, 'originTaken')[1]).toMatchObject({ replaced: own.origin })
    return node!
  }

  it('a dot of the own origin above the counter comes from a cloned folder or a restored backup', () => {
    expect(rejections(meetsItself((own) => ({ ...own, sequence: 7 as Sequence })))).toEqual(['ORIGIN_REPLACED'])
  })

  it('and so does an own dot with other content', () => {
    expect(rejections(meetsItself((own) => ({ ...own, value: 'other' })))).toEqual(['ORIGIN_REPLACED'])
  })

  it('an own dot that comes back as it was is nothing', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [node, other] = mesh.nodes
    mesh.write(node!, change('p', 1))
    mesh.step(node!, {
      type: 'message',
      from: other!.name,
      message: { type: 'updates', updates: node!.written.slice() },
    })
    mesh.write(node!, change('p', 2))
    expect(node!.written.map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(rejections(node!)).toEqual([])
  })
})

describe('I5: a store and the identity that numbers updates', () => {
  async function storedNode(): Promise<{ readonly mesh: CoreMesh; readonly node: CoreNode }> {
    const mesh = new CoreMesh({ nodes: 1, stored: () => true })
    const node = mesh.nodes[0]!
    mesh.start(node, await node.store!.open(node.name))
    return { mesh, node }
  }

  async function restarted(mesh: CoreMesh, node: CoreNode, how: 'clean' | 'unclean'): Promise<void> {
    if (how === 'clean') mesh.stop(node)
    else mesh.vanish(node)
    await node.store!.close(how === 'clean')
    mesh.start(node, await node.store!.open(node.name))
  }

  const origins = (node: CoreNode): Set<string> => new Set(node.written.map(({ origin }) => origin))

  it('goes on as the same origin after a clean stop', async () => {
    const { mesh, node } = await storedNode()
    mesh.write(node, change('p', 1))
    await restarted(mesh, node, 'clean')
    mesh.write(node, change('p', 2))
    expect(node.written.map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(origins(node).size).toBe(1)
  })

  it('an unclean copy of a store goes on under a new incarnation, with everything that was in it', async () => {
    const { mesh, node } = await storedNode()
    mesh.write(node, change('p', 1))
    node.store = node.store!.copy()
    await restarted(mesh, node, 'unclean')
    expect(node.values('p')).toEqual([1])
    mesh.write(node, change('p', 2))
    expect(node.values('p')).toEqual([2])
    expect(origins(node).size).toBe(2)
  })

  it('and does not fall back on the old one when it is stopped before it wrote anything', async () => {
    const { mesh, node } = await storedNode()
    mesh.write(node, change('p', 1))
    const older = node.store!.copy()
    mesh.write(node, change('p', 2))
    node.store = older
    await restarted(mesh, node, 'unclean')
    await restarted(mesh, node, 'clean')
    mesh.write(node, change('p', 3))
    expect(origins(node).size).toBe(2)
  })
})

describe('epochs', () => {
  it('a late write of a deposed coordinator loses on every node alike, whatever its clock says', () => {
    const mesh = CoreMesh.settled({ nodes: 4 })
    const [deposed, reigning] = mesh.nodes
    mesh.carries = () => false
    deposed!.wallSkewMs = 3_000
    mesh.write(deposed!, change('p', 'late', { epoch: 1 }))
    mesh.write(reigning!, change('p', 'now', { epoch: 2 }))
    mesh.carries = () => true
    mesh.run(3 * H)
    expect(mesh.equal).toBe(true)
    const winners = mesh.nodes.map(({ core }) => resolve(core.replica.siblings('s', 'p')))
    expect(winners.map(({ value, decidedBy }) => [value, decidedBy])).toEqual(mesh.nodes.map(() => ['now', 'epoch']))
  })
})

describe('divergence', () => {
  /** Takes a value out of one node's memory, as a bad disk would. */
  const corrupt = (node: CoreNode, parameter: string): void => {
    const { replica } = node.core
    replica['remove'](replica.siblings('s', parameter)[0]!)
  }

  it('is raised and repaired on both sides, and at most once per 10 H and pair', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [first, second] = mesh.nodes
    mesh.write(first!, change('p', 1))
    mesh.run(3 * H)
    corrupt(second!, 'p')
    mesh.run(3 * H)
    expect(mesh.nodes.map((node) => node.count('diverged'))).toEqual([1, 1])
    expect(second!.values('p')).toEqual([1])
    expect(mesh.equal).toBe(true)
    corrupt(second!, 'p')
    mesh.run(5 * H)
    expect(mesh.nodes.map((node) => node.count('diverged'))).toEqual([1, 1])
    mesh.run(8 * H)
    expect(mesh.nodes.map((node) => node.count('diverged'))).toEqual([2, 2])
    expect(second!.values('p')).toEqual([1])
  })

  it('of two contents of one dot the same one stays on both sides', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [first, second] = mesh.nodes
    mesh.write(first!, change('p', 1))
    mesh.run(3 * H)
    const [own] = second!.core.replica.siblings('s', 'p')
    corrupt(second!, 'p')
    second!.core.replica.restore({ ...own!, value: 'other' })
    mesh.run(4 * H)
    expect(mesh.equal).toBe(true)
    expect(first!.values('p')).toEqual(second!.values('p'))
  })
})

describe('groups', () => {
  it('are one event and one step on every node, never half', () => {
    const mesh = CoreMesh.settled({ nodes: 3 })
    const halves: unknown[] = []
    mesh.afterStep = (node) => {
      if (node.values('a').length !== node.values('b').length) halves.push(node.name)
    }
    mesh.write(mesh.nodes[1]!, change('a', 1), change('b', 2))
    mesh.run(H)
    expect(halves).toEqual([])
    for (const node of mesh.nodes)
      expect(eventsOf(node, 'changed').map(({ changes }) => changes.map(({ parameter }) => parameter))).toEqual([
        ['a', 'b'],
      ])
  })
})

describe('deletes', () => {
  it('a tombstone loses to a concurrent write, and supersedes what its writer had seen', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [first, second] = mesh.nodes
    mesh.write(first!, change('p', 1))
    mesh.run(10)
    mesh.carries = () => false
    mesh.write(first!, change('p', undefined, { priority: 9 }))
    mesh.write(second!, change('p', 2))
    mesh.carries = () => true
    mesh.run(3 * H)
    for (const { core } of mesh.nodes) expect(resolve(core.replica.siblings('s', 'p')).value).toBe(2)
  })

  it('a write after the tombstone was dropped here supersedes it where it still stands', () => {
    const tombstone = sibling('n1', undefined, { context: { [sibling('n2', 1).origin]: 1 } })
    const [dropped, kept] = [new Replica({ stored: false }), new Replica({ stored: false })]
    for (const replica of [dropped, kept]) for (const update of [sibling('n2', 1), tombstone]) replica.merge(update)
    dropped.collect(tombstone)
    const writer = sibling('n3', 2).origin
    const write = { ...sibling('n3', 2), context: dropped.contextFor(tombstone.section, tombstone.parameter, writer) }
    for (const replica of [dropped, kept]) replica.merge(write)
    expect(kept.siblings(write.section, write.parameter)).toEqual([write])
    expect(dropped.siblings(write.section, write.parameter)).toEqual([write])
  })

  const MINUTE_MS = 60_000
  const DAY_MS = 24 * 60 * MINUTE_MS

  it('after a day the tombstone is dropped, and who was away longer brings nothing back and loses none of its own writes', () => {
    const mesh = CoreMesh.settled({ nodes: 3, node: { heartbeatIntervalMs: MINUTE_MS } })
    const [first, second, away] = mesh.nodes
    mesh.run(6 * MINUTE_MS)
    mesh.write(first!, change('p', 1), change('kept', 1))
    mesh.run(3 * MINUTE_MS)
    const left = mesh.stop(away!)
    mesh.write(first!, change('p', undefined))
    mesh.run(DAY_MS - 2 * MINUTE_MS)
    expect(first!.core.replica.collected.size).toBe(0)
    mesh.run(3 * 60 * MINUTE_MS)
    for (const node of [first!, second!]) {
      expect(node.values('p')).toEqual([])
      expect(node.core.replica.collected.size).toBeGreaterThan(0)
    }
    mesh.carries = () => false
    mesh.start(away!, left)
    mesh.write(away!, change('own', 2))
    expect(away!.values('p')).toEqual([1])
    mesh.carries = () => true
    mesh.run(4 * MINUTE_MS)
    expect(mesh.equal).toBe(true)
    for (const node of mesh.nodes)
      expect(['p', 'kept', 'own'].map((parameter) => node.values(parameter))).toEqual([[], [1], [2]])
    expect(eventsOf(away!, 'repaired').some(({ full }) => full)).toBe(true)
    mesh.write(away!, change('p', 3))
    mesh.run(MINUTE_MS)
    for (const node of mesh.nodes) expect(node.values('p')).toEqual([3])
    expect(mesh.divergences).toBe(0)
  })
})

describe('a tombstone that was restored', () => {
  it('is kept for a day of this run, however long the process had been up', () => {
    const mesh = new CoreMesh({ nodes: 1, node: { heartbeatIntervalMs: 60_000 } })
    const node = mesh.nodes[0]!
    mesh.nowMs = 30 * 24 * 60 * 60_000
    mesh.start(node)
    mesh.write(node, change('p', 1))
    mesh.write(node, change('p', undefined))
    mesh.start(node, mesh.stop(node))
    mesh.run(3 * 60 * 60_000)
    expect(node.core.replica.siblings('s', 'p')).toHaveLength(1)
    mesh.run(24 * 60 * 60_000)
    expect(node.core.replica.siblings('s', 'p')).toEqual([])
  })
})

describe('a clock that is wrong by a year', () => {
  it.each([1, -1])('(%i) is counted where it is ahead, and causality does not depend on it', (direction) => {
    const mesh = CoreMesh.settled({ nodes: 3 })
    const [first, second, wrong] = mesh.nodes
    wrong!.wallSkewMs = direction * 365 * 24 * 60 * 60 * 1000
    mesh.write(wrong!, change('p', 'wrong'))
    mesh.run(3 * H)
    mesh.write(first!, change('p', 'right'))
    mesh.run(3 * H)
    expect(mesh.equal).toBe(true)
    for (const node of mesh.nodes) expect(node.values('p')).toEqual(['right'])
    const drifted = mesh.nodes.filter((node) => rejections(node).includes('CLOCK_DRIFT'))
    expect(drifted).toEqual(direction > 0 ? [first, second] : [wrong])
    expect(mesh.divergences).toBe(0)
  })
})

describe('limits', () => {
  it('members beyond 10,000 are ignored, and said', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [node, other] = mesh.nodes
    const { heartbeat } = mesh.sent.flatMap(({ from, message }) =>
      from === other && message.type === 'heartbeat' ? [message] : [],
    )[0]!
    const hear = (n: number): void => {
      const nodeId = `m${n}` as NodeId
      const message = {
        type: 'heartbeat',
        heartbeat: { ...heartbeat, nodeId, runId: `${n}` as typeof heartbeat.runId },
      } as const
      mesh.step(node!, { type: 'message', from: nodeId, message })
    }
    for (let n = 1; n < 10_000; n++) hear(n)
    expect(rejections(node!)).toEqual([])
    hear(10_000)
    expect(rejections(node!)).toEqual(['MEMBERS_LIMIT'])
    expect(node!.core.membership.members.size).toBe(10_000)
  })

  it('more than 64 siblings are reported once, and merged', () => {
    const mesh = CoreMesh.settled({ nodes: 1 })
    const node = mesh.nodes[0]!
    for (let n = 1; n <= 70; n++) {
      const update = { ...sibling(`w${n}`, n), section: 's', parameter: 'p' }
      mesh.step(node, { type: 'message', from: 'w' as NodeId, message: { type: 'updates', updates: [update] } })
    }
    expect(node.values('p')).toHaveLength(70)
    expect(rejections(node)).toEqual(['SIBLINGS_MANY'])
  })
})
