import type { DestinationStream } from 'pino'

/** Passes the lines of a logger on, and shows each to whoever listens. */
export class LogFeed implements DestinationStream {
  readonly #destination: DestinationStream
  readonly #listeners = new Set<(line: string) => void>()

  constructor(destination: DestinationStream) {
    this.#destination = destination
  }

  write(line: string): void {
    this.#destination.write(line)
    for (const listener of this.#listeners) listener(line)
  }

  /** Returns what takes the listener off again. A listener must not log. */
  on(listener: (line: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
