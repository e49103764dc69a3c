export interface DownstreamOptions {
  /** calls that are served at once */
  readonly slots: number
  /** what a call takes, and each of its items beside it, milliseconds, while nobody waits */
  readonly callMs: number
  readonly itemMs: number
  /** how much slower everybody is served for each `slots` calls that wait: they hold connections, memory and locks */
  readonly contention: number
  /** calls that may wait; further ones are refused */
  readonly queueMax: number
}

interface Waiting {
  readonly items: number
  readonly done: () => void
}

/**
 * A service with a capacity, such as a database: a few calls at once, the others in a queue (first come, first served), and
 * slower for all the more are waiting. So its throughput has a peak, and whoever sends too much at once pushes it over.
 */
export class Downstream {
  private readonly options: DownstreamOptions
  private readonly queue: Waiting[] = []
  private serving = 0

  constructor(options: DownstreamOptions) {
    this.options = options
  }

  get waiting(): number {
    return this.queue.length
  }

  /** Resolves when a call with so many items was served. @throws Error when its queue is full */
  async call(items: number): Promise<void> {
    const { slots, queueMax } = this.options
    if (this.serving >= slots && this.queue.length >= queueMax) throw new Error('the downstream is full')
    await new Promise<void>((done) => {
      this.queue.push({ items, done })
      this.serve()
    })
  }

  private serve(): void {
    const { slots, callMs, itemMs, contention } = this.options
    while (this.serving < slots) {
      const next = this.queue.shift()
      if (next === undefined) return
      this.serving++
      const slowdown = 1 + (contention * this.queue.length) / slots
      setTimeout(
        () => {
          this.serving--
          next.done()
          this.serve()
        },
        (callMs + itemMs * next.items) * slowdown,
      )
    }
  }
}
