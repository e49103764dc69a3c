import { VirtualMesh } from '../virtual-mesh.ts'
import { type Figure, H, Samples, SITE, settledMesh } from './figure.ts'

/** Members that are taken for gone although they live, for each node and hour. */
export async function falseRemovals(
  nodes: number,
  seed: number,
  options: { readonly lossRate: number; readonly virtualMs: number },
): Promise<Figure> {
  const mesh = await settledMesh({ nodes, seed, faults: { lossRate: options.lossRate } })
  let removals = 0
  for (const node of mesh.nodes)
    node.on('member', ({ state }) => {
      if (state === 'gone' || state === 'left') removals++
    })
  mesh.run(options.virtualMs)
  const samples = new Samples()
  samples.add((removals / nodes) * (3_600_000 / options.virtualMs))
  return samples.figure(mesh)
}

/** Heartbeats that the busiest node sends per H when nothing changes. */
export async function idleTraffic(nodes: number, seed: number, intervals: number): Promise<Figure> {
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed })
  await mesh.nodes[1]!.publishUpdate('s', 'p', 1)
  mesh.run(5 * H)
  const sent = () => mesh.nodes.map((node) => mesh.mesh(node).sent.heartbeat ?? 0)
  const before = sent()
  mesh.run(intervals * H)
  for (const [index, count] of sent().entries()) samples.add((count - before[index]!) / intervals)
  return samples.figure(mesh)
}

export interface HeardFigures {
  /** by one node within any H of the first ten, all nodes starting together */
  readonly coldStartPerH: number
  /** per H afterwards */
  readonly idlePerH: number
}

/** Heartbeats that the node that hears most hears. Nothing is lost, so what is sent is heard. */
export async function heardHeartbeats(nodes: number, seed: number, presenceBudget: number): Promise<HeardFigures> {
  const mesh = new VirtualMesh({ nodes, seed, presenceBudget, faults: SITE })
  await mesh.start()
  const times = new Map<string, number[]>(mesh.nodes.map(({ nodeId }) => [nodeId, []]))
  for (const node of mesh.nodes)
    mesh.mesh(node).tap = ({ type }, to) => {
      if (type !== 'heartbeat') return
      const nowMs = mesh.scheduler.nowMs()
      if (to !== undefined) times.get(to)!.push(nowMs)
      else for (const [nodeId, heard] of times) if (nodeId !== node.nodeId) heard.push(nowMs)
    }
  const coldH = 10
  mesh.run(coldH * H)
  const coldStartPerH = Math.max(...[...times.values()].map(mostWithinH))
  for (const heard of times.values()) heard.length = 0
  const idleH = 20
  mesh.run(idleH * H)
  const idlePerH = Math.max(...[...times.values()].map((heard) => heard.length)) / idleH
  mesh.assertSound()
  await mesh.stop()
  return { coldStartPerH, idlePerH }
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
