import type { LinkFaults } from '#mesh/link-faults'
import { VirtualMesh, type VirtualMeshOptions } from '../virtual-mesh.ts'

/** H, the heartbeat interval, of every measurement: the default of a local network. Milliseconds. */
export const H = 1_000

/** What one run saw: the worst of so many samples; of a rate, the rate over so many node hours. */
export interface Figure {
  readonly value: number
  readonly samples: number
}

/** One run of a fresh mesh; throws when what is waited for never comes, or when any node diverged. */
export type Measurement = (nodes: number, seed: number) => Promise<readonly Figure[]>

/** A network of one site: 5 to 25 ms to everybody, in order. */
export const SITE: Partial<LinkFaults> = { delayMs: [5, 25] }
export const HOP_MS_MAX = 25

/** Far beyond every bound, so that a run that misses its bound still says by how much. */
export const LIMIT_MS = 60 * H

/** A mesh that has been up for a while: everybody knows everybody, and there is a coordinator. */
export async function settledMesh(options: VirtualMeshOptions): Promise<VirtualMesh> {
  const { lossRate, ...links } = { ...SITE, ...options.faults }
  const mesh = await new VirtualMesh({ ...options, faults: links }).start()
  mesh.run(5 * H)
  if (lossRate !== undefined) {
    mesh.network.setFaults({ lossRate })
    mesh.run(3 * H)
  }
  return mesh
}

/** Collects samples, and gives the worst. */
export class Samples {
  private worst = Number.NEGATIVE_INFINITY
  private count = 0

  add(value: number): void {
    this.worst = Math.max(this.worst, value)
    this.count++
  }

  get figure(): Figure {
    return { value: this.worst, samples: this.count }
  }
}

/** The end of a run: what its nodes said of themselves, checked. */
export async function finished(mesh: VirtualMesh, ...figures: readonly Figure[]): Promise<readonly Figure[]> {
  mesh.assertSound()
  await mesh.stop()
  return figures
}

/** True once every live node has the value; looks at each node only until it has it. */
export function untilAllHave(mesh: VirtualMesh, parameter: string, value: number): () => boolean {
  const waiting = mesh.live
  return () => {
    for (let last = waiting.at(-1); last !== undefined; last = waiting.at(-1)) {
      if (last.get('s', parameter) !== value) return false
      waiting.pop()
    }
    return true
  }
}
