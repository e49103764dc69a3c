import { describe, expect, it } from 'vitest'
import type { TurnedAway } from '#core/exclusion'
import { CoreMesh } from '../../support/core-mesh.ts'

const H = 1_000
const CHANGE = {
  section: 's',
  parameter: 'p',
  value: 1,
  priority: 0,
  rule: 'latest',
  reason: undefined,
  epoch: 0,
} as const
const REFUSAL: TurnedAway = { by: 'n9', code: 'NODE_DUPLICATE', detail: 'another run is n0', mutual: false }

/** The first node of `nodes` is up alone; the others are not. */
function alone(nodes = 2, upForMs = 0) {
  const mesh = new CoreMesh({ nodes })
  const [node] = mesh.nodes
  mesh.start(node!)
  mesh.run(upForMs)
  const { core } = node!
  const state = () => [core.ready, core.exclusion.current?.code, core.election.coordinator]
  const refuse = (refusal: Partial<TurnedAway> = {}) =>
    mesh.step(node!, { type: 'turnedAway', refusal: { ...REFUSAL, ...refusal } })
  /** as a mesh does that is refused whenever it tries again */
  const refusedFor = (ms: number, refusal?: Partial<TurnedAway>) => {
    for (const endMs = mesh.nowMs + ms; mesh.nowMs < endMs; mesh.run(2_000)) refuse(refusal)
  }
  return { mesh, node: node!, core, state, refuse, refusedFor }
}

describe('a node that is turned away', () => {
  it('is neither ready nor coordinator for as long as it is refused, and both when nobody does any more', () => {
    const { mesh, state, refusedFor } = alone()
    refusedFor(60 * H)
    expect(state()).toEqual([false, 'NODE_DUPLICATE', undefined])
    mesh.run(5 * H)
    expect(state()).toEqual([false, 'NODE_DUPLICATE', undefined])
    mesh.run(5 * H)
    expect(state()).toEqual([true, undefined, 'n0'])
  })

  it('is ready no more, and steps down, where it was up to date', () => {
    const { core, state, refusedFor } = alone(2, 10 * H)
    expect(state()).toEqual([true, undefined, 'n0'])
    refusedFor(4 * H)
    expect(state()).toEqual([false, 'NODE_DUPLICATE', undefined])
    expect(core.self.epoch).toBe(1)
  })

  it('stays ready where it was here first, and both refuse each other', () => {
    const { state, refusedFor } = alone(2, 10 * H)
    refusedFor(4 * H, { mutual: true })
    expect(state()).toEqual([true, undefined, 'n0'])
  })

  it('does not become ready while both refuse each other', () => {
    const { state, refusedFor } = alone()
    refusedFor(20 * H, { code: 'CLUSTER_MISMATCH', mutual: true })
    expect(state()).toEqual([false, 'CLUSTER_MISMATCH', undefined])
  })

  it('is not turned away by one when it is a member of others', () => {
    const mesh = CoreMesh.settled({ nodes: 2 })
    const [a] = mesh.nodes
    mesh.step(a!, { type: 'turnedAway', refusal: REFUSAL })
    expect([a!.core.ready, a!.core.exclusion.current]).toEqual([true, undefined])
  })

  it('is taken in by a peer: no longer turned away, ready once it has what that one has, coordinator by the rules', () => {
    const { mesh, node, core, state, refusedFor } = alone()
    const [, other] = mesh.nodes
    refusedFor(4 * H)
    mesh.carries = () => false
    mesh.start(other!)
    mesh.write(other!, CHANGE)
    expect(state()).toEqual([false, undefined, undefined])
    mesh.carries = (message) => message.type !== 'pullAnswer' && message.type !== 'updates'
    expect(mesh.until(() => core.membership.members.size > 0, 3 * H)).toBe(true)
    mesh.run(H)
    expect(core.ready).toBe(false)
    mesh.carries = () => true
    expect(mesh.until(() => core.ready && node.core.replica.parameterCount === 1, 5 * H)).toBe(true)
    mesh.run(15 * H)
    expect(state()).toEqual([true, undefined, 'n0'])
  })
})

it('a node whose only member goes before it has told everything is ready once it is alone', () => {
  const mesh = new CoreMesh({ nodes: 2 })
  mesh.carries = (message) => message.type !== 'pullAnswer' && message.type !== 'updates' && message.type !== 'repair'
  const [teller, asker] = mesh.nodes
  mesh.start(teller!)
  mesh.write(teller!, CHANGE)
  mesh.start(asker!)
  mesh.run(6 * H)
  expect([asker!.core.membership.members.size, asker!.core.ready]).toEqual([1, false])
  mesh.vanish(teller!)
  expect(mesh.until(() => asker!.core.ready, 10 * H)).toBe(true)
})
