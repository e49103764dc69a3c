import { partitionHealed, type RestartOptions, restarted } from './catching-up.ts'
import { coordinatorDead } from './election.ts'
import { H, HOP_MS_MAX, type Measurement } from './figure.ts'
import { falseRemovals, heardHeartbeats, idleTraffic } from './presence.ts'
import { broadcastLost, busy, originDead, withLoss, withoutLoss } from './propagation.ts'
import { updateBytes } from './wire.ts'

/** Something that a mesh promises, and how to measure it. */
export interface Bound {
  readonly what: string
  /** the greatest figure that keeps the promise; `below` when that itself does not */
  readonly limit: number
  readonly below?: boolean
  readonly unit: 'H' | 'ms' | 'bytes' | ''
  readonly measure: Measurement
}

const inH =
  (measure: Measurement): Measurement =>
  async (nodes, seed) => {
    const { worst, samples } = await measure(nodes, seed)
    return { worst: worst / H, samples }
  }

const restart = (options: RestartOptions): Measurement => inH((nodes, seed) => restarted(nodes, seed, options))
const deaths = (count: number, lossRate = 0): Measurement =>
  inH((nodes, seed) => coordinatorDead(nodes, seed, { deaths: count, lossRate }))
const one = (worst: number) => ({ worst, samples: 1 })

/** Virtual time that is an hour for 5 nodes, and in larger meshes an equal number of heard heartbeats, but a minute at least. */
const watchMs = (nodes: number): number => Math.max(72_000, (3_600_000 * 25) / nodes ** 2)
const removals =
  (lossRate: number): Measurement =>
  (nodes, seed) =>
    falseRemovals(nodes, seed, { lossRate, virtualMs: watchMs(nodes) })

/** The memory mesh's presence budget P; what is heard is bounded by it, whatever the size of the mesh. */
const BUDGET = 64
const BUSY_SECONDS = 3

/** Every bound that needs no disk, in the order of docs/guarantees.md. */
export const BOUNDS: readonly Bound[] = [
  { what: 'update at every node, no loss', limit: HOP_MS_MAX, unit: 'ms', measure: withoutLoss },
  { what: 'update at every node, 20 % loss', limit: 2, unit: 'H', measure: inH(withLoss) },
  { what: 'update at every node, broadcast lost whole', limit: 2, unit: 'H', measure: inH(broadcastLost) },
  { what: 'update at every node, writer dead after reaching four', limit: 2, unit: 'H', measure: inH(originDead) },
  {
    what: 'pulls while 16 nodes write 100 times a second each',
    limit: 0,
    unit: '',
    measure: async (nodes, seed) => one((await busy(nodes, seed, BUSY_SECONDS)).pulls),
  },
  {
    what: 'extra heartbeats of a node per H meanwhile',
    limit: 4,
    unit: '',
    measure: async (nodes, seed) => one((await busy(nodes, seed, BUSY_SECONDS)).extraHeartbeatsPerH),
  },
  { what: 'healed partition equal, up to 256 KiB apart', limit: 2, unit: 'H', measure: inH(partitionHealed) },
  { what: 'crashed node back without a store', limit: 2, unit: 'H', measure: restart({ how: 'crash', stored: false }) },
  { what: 'crashed node back with a store', limit: 2, unit: 'H', measure: restart({ how: 'crash', stored: true }) },
  { what: 'stopped node back without a store', limit: 2, unit: 'H', measure: restart({ how: 'clean', stored: false }) },
  { what: 'stopped node back with a store', limit: 2, unit: 'H', measure: restart({ how: 'clean', stored: true }) },
  { what: 'coordinator dead, next one everywhere', limit: 3.5, unit: 'H', measure: deaths(1) },
  { what: 'three dead in a row, next one everywhere', limit: 4.5, unit: 'H', measure: deaths(3) },
  { what: 'coordinator dead, 20 % loss', limit: 8, unit: 'H', measure: deaths(1, 0.2) },
  { what: 'three dead in a row, 20 % loss', limit: 8, unit: 'H', measure: deaths(3, 0.2) },
  { what: 'live members removed, no loss', limit: 0, unit: '', measure: removals(0) },
  {
    what: 'live members removed per node and hour, 5 % loss',
    limit: 1,
    below: true,
    unit: '',
    measure: removals(0.05),
  },
  {
    what: 'heartbeats sent by an idle node per H',
    limit: 1.1,
    unit: '',
    measure: (nodes, seed) => idleTraffic(nodes, seed, 50),
  },
  {
    what: 'heartbeats heard by an idle node per H',
    limit: 100,
    unit: '',
    measure: async (nodes, seed) => one((await heardHeartbeats(nodes, seed, BUDGET)).idlePerH),
  },
  {
    what: 'heartbeats heard within one H of a cold start',
    limit: 300,
    below: true,
    unit: '',
    measure: async (nodes, seed) => one((await heardHeartbeats(nodes, seed, BUDGET)).coldStartPerH),
  },
  { what: 'frame of one update of a 16-byte value', limit: 150, unit: 'bytes', measure: updateBytes },
]

export const keeps = ({ limit, below }: Bound, worst: number): boolean => (below ? worst < limit : worst <= limit)
