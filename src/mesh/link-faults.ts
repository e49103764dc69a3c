import type { NodeId } from '#core/identity'

/** What a simulated network does to each frame of each link, drawn independently. */
export interface LinkFaults {
  /** Probability 0 … 1 that a frame is lost. */
  readonly lossRate: number
  /** Time on the wire: fixed, evenly between two bounds, or drawn from `random`, which gives numbers in [0, 1). */
  readonly delayMs: number | readonly [leastMs: number, mostMs: number] | ((random: () => number) => number)
  /** Probability that a frame arrives twice, the second time after another delay. */
  readonly duplicateRate: number
  /** Probability that a frame is held up and those sent after it overtake it. All others keep their order on each link. */
  readonly reorderRate: number
}

export const FAULTLESS: LinkFaults = { lossRate: 0, delayMs: 0, duplicateRate: 0, reorderRate: 0 }

export function drawDelayMs(delayMs: LinkFaults['delayMs'], random: () => number): number {
  if (typeof delayMs === 'number') return delayMs
  if (typeof delayMs === 'function') return Math.max(0, delayMs(random))
  const [leastMs, mostMs] = delayMs
  return leastMs + (mostMs - leastMs) * random()
}

/** Which directed links are cut. A frame is lost when any of the cuts is in its way. */
export class Cuts {
  #cuts: ((from: NodeId, to: NodeId) => boolean)[] = []

  /** Nodes of different groups do not reach each other; whoever is in no group forms one more with the rest. */
  partition(groups: readonly (readonly string[])[]): void {
    const groupOf = new Map(groups.flatMap((group, index) => group.map((nodeId) => [nodeId, index] as const)))
    this.#cuts.push((from, to) => groupOf.get(from) !== groupOf.get(to))
  }

  /** One way: nothing from `from` reaches `to`. */
  cut(from: readonly string[], to: readonly string[]): void {
    const senders = new Set(from)
    const receivers = new Set(to)
    this.#cuts.push((sender, receiver) => senders.has(sender) && receivers.has(receiver))
  }

  heal(): void {
    this.#cuts = []
  }

  separates(from: NodeId, to: NodeId): boolean {
    return this.#cuts.length > 0 && this.#cuts.some((cut) => cut(from, to))
  }
}
