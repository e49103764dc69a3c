import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** What a pool is tuned by. All may change at any time. */
export interface PoolLimits {
  /** batches under way at once */
  readonly concurrency: number
  /** jobs in one batch, and so in one call of the downstream */
  readonly batchSize: number
  /** how long a batch that is not full waits for further jobs, milliseconds */
  readonly batchTimeLimitMs: number
}

/** Where the time of one job went, milliseconds. */
export interface JobTimes {
  /** while as many batches as may be were under way */
  readonly queueMs: number
  /** while its batch waited for further jobs */
  readonly batchMs: number
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
 * Jobs wait in a queue; up to `concurrency` batches are under way at once. A batch begins when `batchSize` jobs wait, or the first
 * of them has waited for `batchTimeLimitMs`: a worker thread does the computing, and one call brings the results to the downstream.
 */
export class WorkerPool {
  private readonly threads: readonly Worker[]
  private readonly call: WorkerPoolOptions['call']
  private readonly computing = new Map<number, () => void>()
  private readonly queue: Job[] = []
  private current: PoolLimits
  private underWay = 0
  /** since when a batch could have begun; what waits before that waits for others to end */
  private roomSince = performance.now()
  private filling: NodeJS.Timeout | undefined
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
    const wasFull = this.full
    this.current = limits
    if (wasFull) this.roomSince = performance.now()
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
    clearTimeout(this.filling)
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
    const { batchSize, batchTimeLimitMs } = this.current
    clearTimeout(this.filling)
    while (!this.full && this.queue.length > 0) {
      const waitsMs = batchTimeLimitMs - (performance.now() - this.queue[0]!.queuedAt)
      if (this.queue.length < batchSize && waitsMs > 0) {
        this.filling = setTimeout(() => this.dispatch(), waitsMs)
        return
      }
      this.underWay++
      void this.work(this.queue.splice(0, batchSize), this.roomSince)
    }
  }

  private get full(): boolean {
    return this.underWay >= this.current.concurrency
  }

  private async work(batch: readonly Job[], roomSince: number): Promise<void> {
    const begunAt = performance.now()
    await this.compute(batch.map(({ name }) => name))
    const computedAt = performance.now()
    const ok = await this.call(batch.length).then(
      () => true,
      () => false,
    )
    const endedAt = performance.now()
    if (this.full) this.roomSince = endedAt
    this.underWay--
    const times = { cpuMs: computedAt - begunAt, callMs: endedAt - computedAt, ok }
    for (const { queuedAt, done } of batch) {
      const queueMs = Math.max(0, roomSince - queuedAt)
      done({ ...times, queueMs, batchMs: begunAt - queuedAt - queueMs, totalMs: endedAt - queuedAt })
    }
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
