import type { VirtualMesh } from '../virtual-mesh.ts'
import { type Figure, finished, H, LIMIT_MS, Samples, settledMesh, untilAllHave } from './figure.ts'

/** Quiet time between two measured writes: prompts and pulls of the last one are over. */
const QUIET_MS = 4 * H

/** Milliseconds from a write until every live node has it. */
async function spread(mesh: VirtualMesh, write: number, writes: number, samples: Samples): Promise<void> {
  for (let n = 0; n < writes; n++) {
    mesh.run(QUIET_MS)
    mesh.runAtRandom(H)
    const writer = mesh.live[Math.floor(mesh.random() * mesh.live.length)]!
    await writer.publishUpdate('s', 'p', write + n)
    samples.add(mesh.until('every node has the write', LIMIT_MS, untilAllHave(mesh, 'p', write + n)))
  }
}

export async function withoutLoss(nodes: number, seed: number): Promise<readonly Figure[]> {
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed })
  await spread(mesh, 1, 5, samples)
  return finished(mesh, samples.figure)
}

/** Each receiver loses each frame independently, heartbeats, questions and answers too. */
export async function withLoss(nodes: number, seed: number): Promise<readonly Figure[]> {
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed, faults: { lossRate: 0.2 } })
  await spread(mesh, 1, 5, samples)
  return finished(mesh, samples.figure)
}

/** Nobody receives the broadcast; the writer lives and does not know. */
export async function broadcastLost(nodes: number, seed: number): Promise<readonly Figure[]> {
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed })
  for (let value = 1; value <= 5; value++) {
    mesh.run(QUIET_MS)
    mesh.runAtRandom(H)
    const writer = mesh.nodes[value % nodes]!
    mesh.network.filter = (from) => from !== writer.nodeId
    await writer.publishUpdate('s', 'p', value)
    mesh.network.filter = undefined
    samples.add(mesh.until('every node has the write', LIMIT_MS, untilAllHave(mesh, 'p', value)))
  }
  return finished(mesh, samples.figure)
}

/** The broadcast reaches four nodes, or in a small mesh all but one, and its writer is killed. */
export async function originDead(nodes: number, seed: number): Promise<readonly Figure[]> {
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed })
  for (let value = 1; value <= 2; value++) {
    mesh.run(QUIET_MS)
    mesh.runAtRandom(H)
    const writer = mesh.live[Math.floor(mesh.random() * mesh.live.length)]!
    const others = mesh.live.filter((node) => node !== writer).map(({ nodeId }) => nodeId)
    const reached = new Set(others.slice(0, Math.min(4, others.length - 1)))
    mesh.network.filter = (from, to) => from !== writer.nodeId || reached.has(to)
    await writer.publishUpdate('s', 'p', value)
    mesh.network.filter = undefined
    await mesh.crash(writer)
    samples.add(mesh.until('every node has the write', LIMIT_MS, untilAllHave(mesh, 'p', value)))
  }
  return finished(mesh, samples.figure)
}

const WRITERS = 16
const WRITE_INTERVAL_MS = 10

/**
 * Sixteen nodes write, each 100 times a second, each its own parameters, and nothing is lost. Pulls, and the heartbeats per H
 * beyond the one, of the node that sends most.
 */
export async function busy(nodes: number, seed: number, seconds: number): Promise<readonly Figure[]> {
  const mesh = await settledMesh({ nodes, seed })
  const heartbeats = () => mesh.nodes.map((node) => mesh.mesh(node).sent.heartbeat ?? 0)
  const before = heartbeats()
  const pullsBefore = mesh.sent('pullRequest')
  const writers = mesh.nodes.slice(0, WRITERS)
  for (let n = 0; n < (seconds * 1000) / WRITE_INTERVAL_MS; n++) {
    for (const writer of writers) {
      await writer.publishUpdate('s', `${writer.nodeId}-${n % 50}`, n)
      mesh.run(WRITE_INTERVAL_MS / writers.length)
    }
  }
  const pulls = mesh.sent('pullRequest') - pullsBefore
  const perH = heartbeats().map((count, index) => (count - before[index]!) / (seconds * (1000 / H)))
  return finished(mesh, { value: pulls, samples: 1 }, { value: Math.max(...perH) - 1, samples: 1 })
}
