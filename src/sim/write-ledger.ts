import type { ConfigUpdateMsg } from '#node/types'
import type { Durability } from './simulated-disk.ts'

/** What can befall the copy that a writer has of its own write, in the order of how much it destroys. */
export const BLOWS = { kill: 1, 'power-cut': 2, 'folder-replaced': 3 } as const
export type Blow = keyof typeof BLOWS

/** Up to which blow a writer's store keeps what it acknowledged. */
const KEEPS: Readonly<Record<Durability | 'none', number>> = { none: 0, process: BLOWS.kill, disk: BLOWS['power-cut'] }

/** One write of one parameter, from the call on. */
export interface Written {
  readonly update: ConfigUpdateMsg
  /** index of the machine whose client wrote */
  readonly node: number
  readonly atMs: number
  readonly store: Durability | 'none'
  /** the client was told that it is stored */
  acknowledged: boolean
  /** something befell its writer that the writer's store does not promise to keep it through */
  unprotected: boolean
  /** nobody who has it is left, and nobody promised to keep it */
  excused: boolean
}

const dotOf = (origin: string, sequence: number): string => `${origin} ${sequence}`

/** Whether `later`, its own dot included, has seen `earlier`. */
export const hasSeen = (later: ConfigUpdateMsg, earlier: ConfigUpdateMsg): boolean =>
  (later.versionVector[earlier.origin] ?? 0) >= earlier.sequence

/** Every write that clients made, and which of them the mesh owes: the truth that checkers compare the nodes with. */
export class WriteLedger {
  readonly all: Written[] = []
  /** writes that came under a dot that was used before */
  readonly reused: { readonly first: Written; readonly again: Written }[] = []
  private readonly byDot = new Map<string, Written>()
  private readonly byParameter = new Map<string, Written[]>()

  note(written: Written): void {
    const { origin, sequence, parameter } = written.update
    const dot = dotOf(origin, sequence)
    const first = this.byDot.get(dot)
    if (first !== undefined) this.reused.push({ first, again: written })
    else this.byDot.set(dot, written)
    this.all.push(written)
    const ofParameter = this.byParameter.get(parameter)
    if (ofParameter) ofParameter.push(written)
    else this.byParameter.set(parameter, [written])
  }

  acknowledge({ origin, sequence }: ConfigUpdateMsg): void {
    const written = this.byDot.get(dotOf(origin, sequence))
    if (written) written.acknowledged = true
  }

  find(origin: string, sequence: number): Written | undefined {
    return this.byDot.get(dotOf(origin, sequence))
  }

  parameters(): IterableIterator<string> {
    return this.byParameter.keys()
  }

  ofParameter(parameter: string): readonly Written[] {
    return this.byParameter.get(parameter) ?? []
  }

  /** Acknowledged, and owed still. */
  *owed(): IterableIterator<Written> {
    for (const written of this.all) if (written.acknowledged && !written.excused) yield written
  }

  /**
   * Something befell a machine. What is nowhere any more is excused, unless its writer's store promised to keep it through
   * everything that has befallen the writer since.
   */
  strike(node: number, blow: Blow, isHeld: (written: Written) => boolean): void {
    for (const written of this.all) {
      if (written.excused) continue
      if (written.node === node && KEEPS[written.store] < BLOWS[blow]) written.unprotected = true
      const promised = written.acknowledged && !written.unprotected && KEEPS[written.store] > 0
      if (!promised && !isHeld(written)) written.excused = true
    }
  }

  /** What must be live, given which writes are known at all: those that no other known one has seen. */
  standing(parameter: string, isKnown: (written: Written) => boolean): Written[] {
    const known = this.ofParameter(parameter).filter(isKnown)
    return known.filter((written) => !known.some((other) => other !== written && hasSeen(other.update, written.update)))
  }
}
