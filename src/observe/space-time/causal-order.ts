import type { RecordedUpdate } from './recorded.ts'

export interface Write {
  readonly name: string
  readonly update: RecordedUpdate
}

export interface OrderedWrite extends Write {
  /** indices of the writes that its writer had seen, without those that follow from the others */
  readonly causes: readonly number[]
}

/**
 * Orders writes so that what a writer had seen stands before what it wrote, and the writes of one origin by their sequence.
 * Where neither decides, the stamps do: they are for the eye, because clocks may be wrong.
 */
export function causalOrder(writes: readonly Write[]): OrderedWrite[] {
  const byStamp = writes.toSorted(compareStamps)
  const causes = causesOf(byStamp)
  const before = predecessors(byStamp)
  const order = topological(causes.map((seen, i) => (before[i] === undefined ? seen : [...seen, before[i]])))
  const place = new Map(order.map((from, to) => [from, to]))
  return order.map((i) => ({
    ...byStamp[i]!,
    causes: direct(causes[i]!, byStamp)
      .map((cause) => place.get(cause)!)
      .sort((a, b) => a - b),
  }))
}

function compareStamps({ update: a }: Write, { update: b }: Write): number {
  const [aMs, aLogical] = a.timestamp
  const [bMs, bLogical] = b.timestamp
  const byTime = aMs - bMs || aLogical - bLogical
  if (byTime !== 0) return byTime
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1
  return a.sequence - b.sequence
}

/** For each write the newest of each origin that its context covers, of the same parameter. */
function causesOf(writes: readonly Write[]): number[][] {
  const line = (name: string, origin: string) => `${name} ${origin}`
  const lines = Map.groupBy(writes.keys(), (i) => line(writes[i]!.name, writes[i]!.update.origin))
  for (const indices of lines.values()) indices.sort((a, b) => sequenceOf(writes, a) - sequenceOf(writes, b))
  return writes.map(({ name, update }) =>
    Object.entries(update.versionVector).flatMap(([origin, seen]) => {
      const most = origin === update.origin ? update.sequence - 1 : seen
      const newest = newestUpTo(most, lines.get(line(name, origin)) ?? [], writes)
      return newest === undefined ? [] : [newest]
    }),
  )
}

/** @param line indices of writes whose sequences ascend */
function newestUpTo(sequence: number, line: readonly number[], writes: readonly Write[]): number | undefined {
  let [low, high] = [0, line.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sequenceOf(writes, line[middle]!) <= sequence) low = middle + 1
    else high = middle
  }
  return line[low - 1]
}

const sequenceOf = (writes: readonly Write[], index: number): number => writes[index]!.update.sequence

/** For each write the one of the same origin before it, of whatever parameter: one process wrote one after the other. */
function predecessors(writes: readonly Write[]): (number | undefined)[] {
  const before: (number | undefined)[] = []
  for (const indices of Map.groupBy(writes.keys(), (i) => writes[i]!.update.origin).values()) {
    indices.sort((a, b) => sequenceOf(writes, a) - sequenceOf(writes, b))
    indices.forEach((i, place) => {
      before[i] = indices[place - 1]
    })
  }
  return before
}

/** Leaves out what another cause had seen already. */
function direct(causes: readonly number[], writes: readonly Write[]): number[] {
  return causes.filter((cause) =>
    causes.every((other) => other === cause || !hasSeen(writes[other]!.update, writes[cause]!.update)),
  )
}

const hasSeen = (later: RecordedUpdate, { origin, sequence }: RecordedUpdate): boolean =>
  (later.versionVector[origin] ?? 0) >= sequence

/** In the given order, but each behind everything that it needs. Contexts form no cycle (I3); in a forged one each is taken once. */
function topological(needs: readonly (readonly number[])[]): number[] {
  const order: number[] = []
  const state = new Uint8Array(needs.length)
  const [OPEN, DONE] = [1, 2]
  for (let first = 0; first < needs.length; first++) {
    const stack = [first]
    for (let i = stack.at(-1); i !== undefined; i = stack.at(-1)) {
      const missing = state[i] === 0 ? needs[i]!.filter((need) => state[need] === 0) : []
      if (missing.length > 0) {
        state[i] = OPEN
        stack.push(...missing.toReversed())
        continue
      }
      stack.pop()
      if (state[i] !== DONE) order.push(i)
      state[i] = DONE
    }
  }
  return order
}
