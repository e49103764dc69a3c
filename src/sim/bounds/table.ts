import { partitionHealed, restarted } from './catching-up.ts'
import { coordinatorDead } from './election.ts'
import { type Figure, H, HOP_MS_MAX, type Measurement } from './figure.ts'
import { falseRemovals, idle } from './presence.ts'
import { broadcastLost, busy, originDead, withLoss, withoutLoss } from './propagation.ts'
import { updateBytes } from './wire.ts'

/** Something that a mesh promises. */
export interface Bound {
  readonly what: string
  /** the greatest figure that keeps the promise; `below` when that itself does not */
  readonly limit: number
  readonly below?: boolean
  readonly unit: 'H' | 'ms' | 'bytes' | ''
  /** counts for each node and hour: what counts is the mean over all runs, and not the worst */
  readonly rate?: boolean
}

/** One kind of run, with a figure for each of its bounds. */
export interface Experiment {
  readonly bounds: readonly Bound[]
  readonly measure: Measurement
}

const inH =
  (measure: Measurement): Measurement =>
  async (nodes, seed) =>
    (await measure(nodes, seed)).map(({ value, samples }) => ({ value: value / H, samples }))

const deaths = (count: number, lossRate = 0): Measurement =>
  inH((nodes, seed) => coordinatorDead(nodes, seed, { deaths: count, lossRate }))

const withinH = (what: string, limit: number): Bound => ({ what, limit, unit: 'H' })

/** The longest that an ordinary member of so many is not missed, at the memory mesh's presence budget. */
const silenceMs = (nodes: number): number => 4.5 * H * Math.max(1, nodes / BUDGET)
/** An hour for 5 nodes, and in larger meshes as many heard heartbeats; but long enough for members to be missed. */
const watchMs = (nodes: number): number =>
  Math.ceil(Math.max(72 * H, 1.25 * silenceMs(nodes), (3_600 * H * 25) / nodes ** 2) / H) * H

/** The memory mesh's presence budget P; what is heard is bounded by it, whatever the size of the mesh. */
const BUDGET = 64
const BUSY_SECONDS = 3

/** Every bound that needs no disk, in the order of docs/guarantees.md. */
export const EXPERIMENTS: readonly Experiment[] = [
  { bounds: [{ what: 'update at every node, no loss', limit: HOP_MS_MAX, unit: 'ms' }], measure: withoutLoss },
  { bounds: [withinH('update at every node, 20 % loss', 2)], measure: inH(withLoss) },
  { bounds: [withinH('update at every node, broadcast lost whole', 2)], measure: inH(broadcastLost) },
  { bounds: [withinH('update at every node, writer dead after reaching four', 2)], measure: inH(originDead) },
  {
    bounds: [
      { what: 'pulls while 16 nodes write 100 times a second each', limit: 0, unit: '' },
      { what: 'extra heartbeats of a node per H meanwhile', limit: 4, unit: '' },
    ],
    measure: (nodes, seed) => busy(nodes, seed, BUSY_SECONDS),
  },
  { bounds: [withinH('healed partition equal, up to 256 KiB apart', 2)], measure: inH(partitionHealed) },
  {
    bounds: [withinH('crashed node back without a store', 2), withinH('stopped node back without a store', 2)],
    measure: inH((nodes, seed) => restarted(nodes, seed, false)),
  },
  {
    bounds: [withinH('crashed node back with a store', 2), withinH('stopped node back with a store', 2)],
    measure: inH((nodes, seed) => restarted(nodes, seed, true)),
  },
  { bounds: [withinH('coordinator dead, next one everywhere', 3.5)], measure: deaths(1) },
  { bounds: [withinH('three dead in a row, next one everywhere', 4.5)], measure: deaths(3) },
  { bounds: [withinH('coordinator dead, 20 % loss', 8)], measure: deaths(1, 0.2) },
  { bounds: [withinH('three dead in a row, 20 % loss', 8)], measure: deaths(3, 0.2) },
  {
    bounds: [
      { what: 'heartbeats sent by an idle node per H', limit: 1.1, unit: '' },
      { what: 'heartbeats heard by an idle node per H', limit: 100, unit: '' },
      { what: 'heartbeats heard within one H of a cold start', limit: 300, below: true, unit: '' },
      { what: 'live members removed per node and hour, no loss', limit: 0, unit: '', rate: true },
    ],
    measure: (nodes, seed) => idle(nodes, seed, { presenceBudget: BUDGET, virtualMs: watchMs(nodes) }),
  },
  {
    bounds: [{ what: 'live members removed per node and hour, 5 % loss', limit: 1, below: true, unit: '', rate: true }],
    measure: (nodes, seed) => falseRemovals(nodes, seed, { lossRate: 0.05, virtualMs: watchMs(nodes) }),
  },
  { bounds: [{ what: 'frame of one update of a 16-byte value', limit: 150, unit: 'bytes' }], measure: updateBytes },
]

/** The figures of several runs as one. */
export function together({ rate }: Bound, figures: readonly Figure[]): Figure {
  const samples = figures.reduce((sum, figure) => sum + figure.samples, 0)
  const value = rate
    ? figures.reduce((sum, figure) => sum + figure.value * figure.samples, 0) / samples
    : Math.max(...figures.map((figure) => figure.value))
  return { value, samples }
}

export const keeps = ({ limit, below }: Bound, { value }: Figure): boolean => (below ? value < limit : value <= limit)
