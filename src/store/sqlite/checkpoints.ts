import { extname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/** What SQLite checkpoints at by itself: 1,000 pages, in bytes. The log's file is cut to this when it begins anew. */
export const LOG_BYTES = 1_000 * 4_096
/** Beyond this the thread of the node does it, and nothing is written meanwhile: else a log that is always written to grows for ever. */
export const LOG_BYTES_MAX = 4 * LOG_BYTES
/** How long that waits for the other thread, which may be at it. */
const WAIT_MS_MAX = 1_000

const THREAD = new URL(`./checkpoint-thread${extname(import.meta.url)}`, import.meta.url)

/**
 * Writes the log into the database, on a thread of its own as long as that keeps up: it waits for the disk twice each time. The
 * thread is started when the log is long for the first time, so a node that writes little has none.
 */
export class Checkpoints {
  private readonly path: string
  private readonly database: DatabaseSync
  private nextBytes = LOG_BYTES
  private thread: Worker | undefined
  private running: PromiseWithResolvers<void> | undefined
  private broken = false
  /** shared with the thread: 1 from when it is asked until it is done */
  private readonly working = new Int32Array(new SharedArrayBuffer(4))

  /** @param database the connection that writes */
  constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.database = database
    database.exec(`PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${LOG_BYTES}`)
  }

  /** To be called after each transaction. @param logBytes what the log's file takes now */
  written(logBytes: number): void {
    if (logBytes <= LOG_BYTES) this.nextBytes = LOG_BYTES
    if (logBytes <= this.nextBytes) return
    if (this.broken || logBytes > LOG_BYTES_MAX) this.checkpoint()
    else if (this.running !== undefined) return
    else this.ask()
    // What did not come to an end is tried again when there is so much more, and at the bound.
    this.nextBytes = logBytes + LOG_BYTES
    if (logBytes < LOG_BYTES_MAX) this.nextBytes = Math.min(this.nextBytes, LOG_BYTES_MAX)
  }

  private checkpoint(): void {
    Atomics.wait(this.working, 0, 1, WAIT_MS_MAX)
    try {
      this.database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // As with SQLite's own: the log grows meanwhile, and what is written is safe in it.
    }
  }

  private ask(): void {
    try {
      this.thread ??= this.newThread()
    } catch {
      this.broken = true
      return this.checkpoint()
    }
    this.running = Promise.withResolvers()
    Atomics.store(this.working, 0, 1)
    this.thread.postMessage(true)
  }

  private newThread(): Worker {
    const thread = new Worker(THREAD, { workerData: { path: this.path, working: this.working } })
    thread.unref()
    thread.on('message', () => this.done())
    thread.on('error', () => {
      this.broken = true
      this.thread = undefined
      Atomics.store(this.working, 0, 0)
      this.done()
    })
    return thread
  }

  private done(): void {
    this.running?.resolve()
    this.running = undefined
  }

  /** Resolves when the thread does nothing. */
  async idle(): Promise<void> {
    this.thread?.ref()
    await this.running?.promise
    this.thread?.unref()
  }

  /** Before the connection that writes is closed: the last one to be closed leaves no log behind. */
  async close(): Promise<void> {
    await this.idle()
    const { thread } = this
    this.thread = undefined
    if (thread === undefined) return
    const exited = new Promise((resolve) => thread.once('exit', resolve))
    thread.ref()
    thread.postMessage(false)
    await exited
  }
}
