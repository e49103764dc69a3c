import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** What a pool is tuned by. Both may change at any time. */
export interface PoolLimits {
  /** batches under way at once */
  readonly concurrency: number
  /** jobs in one batch, and so in one call of the downstream */
  readonly batchSize: number
}

/** Where the time of one job went, milliseconds. */
export interface JobTimes {
  readonly queueMs: number
  /** the worker thread's part */
  readonly cpuMs: number
  readonly callMs: number
  readonly totalMs: number
  /** whether the downstream took it */
  readonly ok: boolean
}

export interface WorkerPoolOptions {
  readonly threads: number
  readonly limits: PoolLimits
  /** one call of the downstream with so many items */
  readonly call: (items: number) => Promise<void>
}

interface Job {
  readonly name: string
  readonly queuedAt: number
  readonly done: (times: JobTimes) => void
}

const THREAD = new URL(`./hash-thread${extname(import.meta.url)}`, import.meta.url)

/**
 * Jobs wait in a queue; up to `concurrency` batches are under way at once. A batch takes what waits, up to `batchSize` jobs: a
 * worker thread does the computing, and one call brings the results to the downstream.
 */
export class WorkerPool {
  private readonly threads: readonly Worker[]
  private readonly call: WorkerPoolOptions['call']
  private readonly computing = new Map<number, () => void>()
  private readonly queue: Job[] = []
  private current: PoolLimits
  private underWay = 0
  private batches = 0

  constructor({ threads, limits, call }: WorkerPoolOptions) {
    this.current = limits
    this.call = call
    this.threads = Array.from({ length: threads }, () => this.newThread())
  }

  get limits(): PoolLimits {
    return this.current
  }

  set limits(limits: PoolLimits) {
    this.current = limits
    this.dispatch()
  }

  get queued(): number {
    return this.queue.length
  }

  /** Resolves when the job is done or the downstream refused it; a failed job is one that is not `ok`, never a rejection. */
  run(name: string): Promise<JobTimes> {
    return new Promise((done) => {
      this.queue.push({ name, queuedAt: performance.now(), done })
      this.dispatch()
    })
  }

  /** Ends the threads; what is under way is not waited for. */
  async close(): Promise<void> {
    this.queue.length = 0
    await Promise.all(this.threads.map((thread) => thread.terminate()))
  }

  private newThread(): Worker {
    const thread = new Worker(THREAD)
    thread.on('message', (id: number) => {
      this.computing.get(id)?.()
      this.computing.delete(id)
    })
    return thread
  }

  private dispatch(): void {
    const { concurrency, batchSize } = this.current
    while (this.underWay < concurrency && this.queue.length > 0) {
      this.underWay++
      void this.work(this.queue.splice(0, batchSize))
    }
  }

  private async work(batch: readonly Job[]): Promise<void> {
    const begunAt = performance.now()
    await this.compute(batch.map(({ name }) => name))
    const computedAt = performance.now()
    const ok = await this.call(batch.length).then(
      () => true,
      () => false,
    )
    const endedAt = performance.now()
    this.underWay--
    const times = { cpuMs: computedAt - begunAt, callMs: endedAt - computedAt, ok }
    for (const { queuedAt, done } of batch) done({ ...times, queueMs: begunAt - queuedAt, totalMs: endedAt - queuedAt })
    this.dispatch()
  }

  private compute(jobs: readonly string[]): Promise<void> {
    const id = ++this.batches
    const thread = this.threads[id % this.threads.length]!
    return new Promise((resolve) => {
      this.computing.set(id, resolve)
      thread.postMessage({ id, jobs })
    })
  }
}
