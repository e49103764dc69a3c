import { VirtualMesh } from '../virtual-mesh.ts'
import { type Figure, finished, H, SITE, settledMesh } from './figure.ts'

const HOUR_MS = 3_600_000

/** Counts the members that are taken for gone although they live, and gives their rate for each node and hour. */
function watchRemovals(mesh: VirtualMesh): () => Figure {
  const startMs = mesh.scheduler.nowMs()
  let removals = 0
  for (const node of mesh.nodes)
    node.on('member', ({ state }) => {
      if (state === 'gone' || state === 'left') removals++
    })
  return () => {
    const nodeHours = (mesh.nodes.length * (mesh.scheduler.nowMs() - startMs)) / HOUR_MS
    return { value: removals / nodeHours, samples: nodeHours }
  }
}

export async function falseRemovals(
  nodes: number,
  seed: number,
  options: { readonly lossRate: number; readonly virtualMs: number },
): Promise<readonly Figure[]> {
  const mesh = await settledMesh({ nodes, seed, faults: { lossRate: options.lossRate } })
  const removals = watchRemovals(mesh)
  mesh.run(options.virtualMs)
  return finished(mesh, removals())
}

export interface IdleOptions {
  readonly presenceBudget: number
  /** how long the mesh is watched after its start */
  readonly virtualMs: number
}

const COLD_START_H = 10

/**
 * All nodes start together, and then nothing happens but one write. Nothing is lost, so what is sent is heard. Heartbeats
 * heard within one H of the cold start and per H afterwards, by the node that hears most; sent per H by the node that sends
 * most; removals.
 */
export async function idle(nodes: number, seed: number, options: IdleOptions): Promise<readonly Figure[]> {
  const { presenceBudget, virtualMs } = options
  const mesh = await new VirtualMesh({ nodes, seed, presenceBudget, faults: SITE }).start()
  const times = mesh.nodes.map((): number[] => [])
  tapHeartbeats(mesh, (receiver) => times[receiver]!.push(mesh.scheduler.nowMs()))
  mesh.run(COLD_START_H * H)
  await mesh.nodes[1]!.publishUpdate('s', 'p', 1)
  mesh.run(5 * H)
  const heard = new Float64Array(nodes)
  tapHeartbeats(mesh, (receiver) => heard[receiver]!++)
  const sent = () => mesh.nodes.map((node) => mesh.mesh(node).sent.heartbeat ?? 0)
  const before = sent()
  const removals = watchRemovals(mesh)
  mesh.run(virtualMs)
  const perH = H / virtualMs
  return finished(
    mesh,
    { value: Math.max(...sent().map((count, index) => (count - before[index]!) * perH)), samples: nodes },
    { value: Math.max(...heard) * perH, samples: nodes },
    { value: Math.max(...times.map(mostWithinH)), samples: nodes },
    removals(),
  )
}

/** Tells the index of every node to which a heartbeat is sent. */
function tapHeartbeats(mesh: VirtualMesh, hears: (receiver: number) => void): void {
  const indexes = new Map<string, number>(mesh.nodes.map(({ nodeId }, index) => [nodeId, index]))
  for (const [sender, node] of mesh.nodes.entries())
    mesh.mesh(node).tap = ({ type }, to) => {
      if (type !== 'heartbeat') return
      if (to !== undefined) hears(indexes.get(to)!)
      else for (let receiver = 0; receiver < mesh.nodes.length; receiver++) if (receiver !== sender) hears(receiver)
    }
}

/** The greatest number of ascending times that lie within one H. */
function mostWithinH(times: readonly number[]): number {
  let most = 0
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to]! - times[from]! >= H) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
