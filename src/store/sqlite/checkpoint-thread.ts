import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** What was written while one ran is little, and only with all of it in the database does the log begin anew. */
const ROUNDS_MAX = 3

/** A thread with a connection of its own: writes the log into the database each time it is asked, until it is told to end. */
const { path, working } = workerData as { readonly path: string; readonly working: Int32Array<SharedArrayBuffer> }
const database = new DatabaseSync(path)
// The log is on the disk before it goes into the database, and that before the log begins anew.
database.exec('PRAGMA synchronous = NORMAL')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')

parentPort!.on('message', (wanted: boolean) => {
  if (!wanted) {
    database.close()
    parentPort!.close()
    return
  }
  try {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const { busy, log, checkpointed } = checkpoint.get()!
      if (busy !== 0 || log === checkpointed) break
    }
  } catch {
    // The log grows, and the thread of the node does it where it is too long.
  }
  Atomics.store(working, 0, 0)
  Atomics.notify(working, 0)
  parentPort!.postMessage(undefined)
})
