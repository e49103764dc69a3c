import { VirtualMesh } from '../virtual-mesh.ts'
import { type Figure, finished, H, LIMIT_MS, Samples, settledMesh } from './figure.ts'

export interface ElectionOptions {
  /** coordinator and followers that die at once */
  readonly deaths: number
  readonly lossRate?: number
}

/** Milliseconds from the death until every live node has the next one as its coordinator. */
export async function coordinatorDead(
  nodes: number,
  seed: number,
  options: ElectionOptions,
): Promise<readonly Figure[]> {
  const { deaths, lossRate } = options
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed, ...(lossRate && { faults: { lossRate } }) })
  const first = VirtualMesh.nameOf(0)
  mesh.until('there is a coordinator', LIMIT_MS, () => allFollow(mesh, first))
  mesh.run(4 * H)
  mesh.runAtRandom(H)
  for (const node of mesh.nodes.slice(0, deaths)) await mesh.crash(node)
  const next = VirtualMesh.nameOf(deaths)
  samples.add(mesh.until(`all follow ${next}`, LIMIT_MS, () => allFollow(mesh, next)))
  return finished(mesh, samples.figure)
}

const allFollow = (mesh: VirtualMesh, nodeId: string): boolean =>
  mesh.live.every((node) => mesh.core(node).election.coordinator === nodeId)
