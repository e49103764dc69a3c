import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { NodeId } from '#core/identity'

/** Whom a trouble is about: the peer where it is known, else where it comes from. */
export interface TroubleSubject {
  readonly peer?: NodeId | undefined
  /** an address or a host; of an incoming connection without its port, which changes every time */
  readonly address: string
}

/** Subjects remembered, so that a scan from many addresses does not fill the memory. */
const SUBJECTS_MAX = 1_000

/**
 * Says troubles to the node above, later and one at a time, and the same code about the same subject only once in a
 * while: a peer that comes back every second must not flood the log.
 */
export class Troubles {
  readonly #deliver: (error: ConfigSyncError, peer: NodeId | undefined) => void
  readonly #quietMs: number
  readonly #lastMs = new Map<string, number>()

  constructor(deliver: (error: ConfigSyncError, peer: NodeId | undefined) => void, quietMs: number) {
    this.#deliver = deliver
    this.#quietMs = quietMs
  }

  report(code: ErrorCode, detail: string, subject: TroubleSubject, cause?: unknown): void {
    const key = `${code} ${subject.peer ?? subject.address}`
    const nowMs = performance.now()
    const lastMs = this.#lastMs.get(key)
    if (lastMs !== undefined && nowMs - lastMs < this.#quietMs) return
    this.#lastMs.delete(key)
    this.#lastMs.set(key, nowMs)
    if (this.#lastMs.size > SUBJECTS_MAX) this.#lastMs.delete(this.#lastMs.keys().next().value!)
    const error = new ConfigSyncError(code, detail, cause === undefined ? undefined : { cause })
    setImmediate(() => this.#deliver(error, subject.peer))
  }
}
