import type { RunView } from '../run-view.ts'

/** What a checker found wrong: one sentence, and the node that it is about. */
export interface Finding {
  readonly node?: string
  readonly what: string
}

/** A finding as a value that can be printed, compared and shrunk for. */
export interface Failure extends Finding {
  readonly checker: string
  /** simulated time, milliseconds */
  readonly atMs: number
}

/** One promise of the mesh, held against a run. */
export interface Checker {
  /** in words with dashes; also how failures of two runs are told apart */
  readonly name: string
  /** after each event, whatever the faults are doing: what must hold always */
  always?(run: RunView): Finding | undefined
  /** when everything has healed and the time that healing may take is over */
  healed?(run: RunView): Finding | undefined
}
