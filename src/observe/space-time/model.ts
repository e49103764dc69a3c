import { causalOrder } from './causal-order.ts'
import type { RecordedChange, RecordedHistory, RecordedUpdate } from './recorded.ts'

/**
 * Who wrote what, and what each writer had seen: a space-time diagram (Lamport, 1978) as plain data. Made from what the
 * HTTP API answers and from nothing else, so that a browser may import this folder: no node module, no package, only types
 * of other rooms.
 *
 * Marks stand in an order that every cause precedes what it caused in, whatever the clocks said; along a lane they ascend too.
 */
export interface SpaceTime {
  /** a lane for each node that wrote, in the order of the names */
  readonly lanes: readonly string[]
  readonly marks: readonly Mark[]
  /** what a writer had seen, without what follows from other edges */
  readonly edges: readonly Edge[]
  readonly meetings: readonly Meeting[]
}

/** One update. */
export interface Mark {
  /** `origin:sequence` */
  readonly id: string
  /** index of its lane */
  readonly lane: number
  /** `section.parameter` */
  readonly name: string
  readonly update: RecordedUpdate
  /** how it stands in what is remembered: in force, beaten by a concurrent one, or replaced */
  readonly fate: 'stands' | 'lost' | 'replaced'
}

/** The writer of `to` had seen `from`. Both are indices of marks. */
export interface Edge {
  readonly from: number
  readonly to: number
}

/** Updates that did not know of each other met. */
export interface Meeting {
  readonly name: string
  /** indices of marks, ascending */
  readonly marks: readonly number[]
  readonly winner: number
  readonly decidedBy: string
  /** one sentence for people */
  readonly explanation: string
}

/** What each mark's writer had seen, as indices of marks. */
export function causesOf({ marks, edges }: SpaceTime): readonly (readonly number[])[] {
  const causes = Map.groupBy(edges, ({ to }) => to)
  return marks.map((_, i) => causes.get(i)?.map(({ from }) => from) ?? [])
}

/** For each mark the meetings that it completed: a picture shows them right behind it. */
export function meetingsBehind({ marks, meetings }: SpaceTime): readonly (readonly Meeting[])[] {
  const behind = Map.groupBy(meetings, ({ marks: met }) => met.at(-1)!)
  return marks.map((_, i) => behind.get(i) ?? [])
}

export const markId = ({ origin, sequence }: Pick<RecordedUpdate, 'origin' | 'sequence'>): string =>
  `${origin}:${sequence}`

export function spaceTimeOf(histories: readonly RecordedHistory[]): SpaceTime {
  const unordered = histories.flatMap(writesOf)
  const lanes = [...new Set(unordered.map(({ update }) => update.nodeId))].sort()
  const writes = causalOrder(unordered)
  const indexOf = new Map(writes.map(({ name, update }, i) => [key(name, update), i]))
  const fates = new Map(histories.flatMap(fatesOf))
  const marks = writes.map(({ name, update }) => ({
    id: markId(update),
    lane: lanes.indexOf(update.nodeId),
    name,
    update,
    fate: fates.get(key(name, update)) ?? 'replaced',
  }))
  const edges = writes.flatMap(({ causes }, to) => causes.map((from) => ({ from, to })))
  return { lanes, marks, edges, meetings: histories.flatMap((history) => meetingsOf(history, indexOf)) }
}

/** Groups share an origin and run of sequences, never a parameter, so a name and a dot are one write. */
const key = (name: string, update: RecordedUpdate): string => `${name} ${markId(update)}`
const nameOf = ({ section, parameter }: RecordedHistory): string => `${section}.${parameter}`
const updatesOf = ({ update, superseded, concurrent }: RecordedChange): RecordedUpdate[] => [
  update,
  ...superseded,
  ...concurrent,
]

function writesOf(history: RecordedHistory) {
  const known = new Map<string, RecordedUpdate>()
  for (const change of history.history) for (const update of updatesOf(change)) known.set(markId(update), update)
  return [...known.values()].map((update) => ({ name: nameOf(history), update }))
}

/** Of what stands after the newest change; everything else was replaced. */
function fatesOf(history: RecordedHistory): [string, Mark['fate']][] {
  const [newest] = history.history
  if (newest === undefined) return []
  const { update, concurrent, winner, dropped } = newest
  const standing = dropped ? concurrent : [update, ...concurrent]
  return standing.map((one) => [
    key(nameOf(history), one),
    winner === null || markId(one) === markId(winner) ? 'stands' : 'lost',
  ])
}

/** The oldest first. A change whose siblings met before, and that changed nothing of it, has its own meeting. */
function meetingsOf(history: RecordedHistory, indexOf: ReadonlyMap<string, number>): Meeting[] {
  const name = nameOf(history)
  const index = (update: RecordedUpdate): number => indexOf.get(key(name, update))!
  return history.history.toReversed().flatMap((change) => {
    const { update, concurrent, winner, decidedBy, explanation, dropped } = change
    if (dropped || concurrent.length === 0 || winner === null || decidedBy === null) return []
    const marks = [update, ...concurrent].map(index).sort((a, b) => a - b)
    return [{ name, marks, winner: index(winner), decidedBy, explanation }]
  })
}
