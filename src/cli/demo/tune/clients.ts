import { setTimeout as delay } from 'node:timers/promises'

/** People who think, ask for something, wait for the answer, and think again: a closed system, whose load is their number. */
export class Clients {
  private readonly ask: () => Promise<unknown>
  private readonly thinkMs: number
  private readonly ending = new AbortController()
  private running = 0
  private wanted = 0

  /** @param thinkMs on the average, exponentially distributed */
  constructor(thinkMs: number, ask: () => Promise<unknown>) {
    this.thinkMs = thinkMs
    this.ask = ask
  }

  get count(): number {
    return this.wanted
  }

  /** More begin to think at once; of too many, each leaves after its answer. */
  set count(count: number) {
    this.wanted = count
    while (this.running < count) void this.client()
  }

  stop(): void {
    this.count = 0
    this.ending.abort()
  }

  private async client(): Promise<void> {
    const { signal } = this.ending
    this.running++
    while (this.running <= this.wanted && !signal.aborted) {
      const thinkMs = -this.thinkMs * Math.log(1 - Math.random())
      await delay(thinkMs, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await this.ask()
    }
    this.running--
  }
}
