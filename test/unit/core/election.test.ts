import { describe, expect, it } from 'vitest'
import { CoreMesh } from '../../support/core-mesh.ts'

const H = 1_000

const coordinators = (mesh: CoreMesh) => mesh.live.map(({ core }) => core.election.coordinator)

describe('election', () => {
  it('a node that has only just met the coordinator misses it by its own short deadline', () => {
    for (let phase = 0; phase < 10; phase++) {
      const mesh = CoreMesh.settled({ nodes: 4 })
      const [first, second, , late] = mesh.nodes
      mesh.vanish(late!)
      mesh.run(5 * H)
      mesh.start(late!)
      // It dies somewhere between the newcomer's first heartbeat from it and the second.
      mesh.run(50 + phase * 100)
      mesh.vanish(first!)
      mesh.run(3.5 * H)
      expect(new Set(coordinators(mesh))).toEqual(new Set([second!.name]))
    }
  })

  it('nodes that start together elect one, without a reign for each', () => {
    const mesh = CoreMesh.settled({ nodes: 5 })
    expect(new Set(coordinators(mesh))).toEqual(new Set([mesh.nodes[0]!.name]))
    expect(Math.max(...mesh.nodes.map(({ core }) => core.self.epoch))).toBe(1)
  })
})
