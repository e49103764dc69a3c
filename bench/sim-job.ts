/**
 * A process of `npm run sim:table`: runs one job after the other in virtual time, and says what each saw and took. A process of
 * its own, because a mesh of 1,000 nodes fills one core.
 */
import { seededRandom } from '#mesh/seeded-random'
import { type Figure, H, SITE } from '#sim/bounds/figure'
import { EXPERIMENTS } from '#sim/bounds/table'
import { VirtualMesh } from '#sim/virtual-mesh'

export type Job =
  | { readonly type: 'experiment'; readonly experiment: number; readonly nodes: number; readonly seed: number }
  /** a minute of a mesh in which somebody writes once a second */
  | { readonly type: 'minute'; readonly nodes: number; readonly seed: number; readonly lossRate: number }

export interface Outcome {
  /** undefined when it failed */
  readonly figures: readonly Figure[] | undefined
  readonly failure: string
  /** of the job alone */
  readonly cpuMs: number
  readonly realMs: number
  /** the most that this process ever held */
  readonly residentBytesMax: number
}

const MINUTE_H = 60

async function minute(nodes: number, seed: number, lossRate: number): Promise<readonly Figure[]> {
  const mesh = await new VirtualMesh({ nodes, seed, faults: { ...SITE, lossRate } }).start()
  const random = seededRandom(seed)
  for (let second = 0; second < MINUTE_H; second++) {
    await mesh.nodes[Math.floor(random() * nodes)]!.publishUpdate('s', `p${second % 10}`, second)
    mesh.run(H)
  }
  mesh.assertSound()
  let frames = 0
  for (const { nodeId } of mesh.nodes) frames += mesh.network.counters(nodeId).framesReceived
  return [{ value: frames, samples: 1 }]
}

const figuresOf = (job: Job): Promise<readonly Figure[]> =>
  job.type === 'minute'
    ? minute(job.nodes, job.seed, job.lossRate)
    : EXPERIMENTS[job.experiment]!.measure(job.nodes, job.seed)

async function run(job: Job): Promise<Outcome> {
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  let figures: readonly Figure[] | undefined
  let failure = ''
  try {
    figures = await figuresOf(job)
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  const { user, system } = process.cpuUsage(cpu)
  const residentBytesMax = process.resourceUsage().maxRSS * 1024
  return { figures, failure, cpuMs: (user + system) / 1000, realMs: performance.now() - startMs, residentBytesMax }
}

process.on('message', async (job: Job) => {
  process.send!(await run(job))
})
