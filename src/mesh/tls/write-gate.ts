import type { Socket } from 'node:net'

/**
 * Writes of one tick share socket writes: the first goes out at once, as the lone message of a quiet time should, and
 * those after it in the same tick are gathered until the tick ends.
 */
export class WriteGate {
  #wroteInTick = false
  #corked: Socket[] = []

  /** Begins a round of writes. True when they are to be gathered. */
  enter(): boolean {
    if (this.#wroteInTick) return true
    this.#wroteInTick = true
    process.nextTick(this.#leave)
    return false
  }

  gather(socket: Socket): void {
    if (socket.writableCorked > 0) return
    socket.cork()
    this.#corked.push(socket)
  }

  readonly #leave = (): void => {
    this.#wroteInTick = false
    if (this.#corked.length === 0) return
    const corked = this.#corked
    this.#corked = []
    for (const socket of corked) socket.uncork()
  }
}
