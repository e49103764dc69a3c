import { pbkdf2Sync } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

/** About half a millisecond for a job. */
const ITERATIONS = 600

/** A worker thread: for each batch of jobs, their keys. */
parentPort!.on('message', ({ id, jobs }: { id: number; jobs: readonly string[] }) => {
  for (const job of jobs) pbkdf2Sync(job, 'configsync', ITERATIONS, 32, 'sha256')
  parentPort!.postMessage(id)
})
