import { closeSync, fdatasync, fstatSync, openSync } from 'node:fs'
import { promisify } from 'node:util'

const sync = promisify(fdatasync)

/**
 * Waits until the write-ahead log is on the disk, away from the thread that runs the node: heartbeats do not wait for a slow
 * disk. One call to the system at a time; who comes while one runs waits for the next, which is then everybody's.
 */
export class LogSync {
  private readonly descriptor: number
  private running: Promise<void> | undefined
  private next: Promise<void> | undefined

  constructor(path: string) {
    this.descriptor = openSync(path, 'r+')
  }

  /** What the log's file takes. */
  get bytes(): number {
    return fstatSync(this.descriptor).size
  }

  /** Resolves when everything written before is durable. Rejects when it is not, nor what waits behind it. */
  sync(): Promise<void> {
    if (this.running === undefined) return this.begin()
    this.next ??= this.running.then(() => {
      this.next = undefined
      return this.begin()
    })
    return this.next
  }

  private begin(): Promise<void> {
    const running = sync(this.descriptor)
    this.running = running
    const ended = () => {
      if (this.running === running) this.running = undefined
    }
    running.then(ended, () => {
      this.next = undefined
      ended()
    })
    return running
  }

  /** After the last sync has ended. */
  close(): void {
    closeSync(this.descriptor)
  }
}
