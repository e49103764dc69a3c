/** One thing that happened, with what was measured. */
export interface StoryStep {
  readonly title: string
  /** what there is to say about it, a line each */
  readonly lines: readonly string[]
  readonly tookMs: number
  /** from the call to the moment at which each node told of it, on the demo's one clock */
  readonly reachedMs?: Readonly<Record<string, number>>
  /** what each node has by then; default: it */
  readonly having?: string
}

export type Report = (step: StoryStep) => void
