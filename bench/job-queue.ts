import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Job, Outcome } from './sim-job.ts'

const PROGRAM = fileURLToPath(new URL('./sim-job.ts', import.meta.url))
const FLAGS = [...process.execArgv, '--max-old-space-size=4096']

/** Runs the jobs in as many processes, in the order in which they stand, and tells of each outcome. */
export async function runJobs(
  jobs: readonly Job[],
  processes: number,
  onOutcome: (job: Job, outcome: Outcome) => void,
): Promise<void> {
  const waiting = [...jobs]
  await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, () => work(waiting, onOutcome)))
}

function work(waiting: Job[], onOutcome: (job: Job, outcome: Outcome) => void): Promise<void> {
  const child = fork(PROGRAM, { execArgv: FLAGS })
  let job: Job | undefined
  const next = () => {
    job = waiting.shift()
    if (job) child.send(job)
    else child.disconnect()
  }
  return new Promise((resolve, reject) => {
    child.on('message', (outcome) => {
      onOutcome(job!, outcome as Outcome)
      next()
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (job === undefined) resolve()
      else reject(new Error(`the process of ${JSON.stringify(job)} ended: ${signal ?? code}`))
    })
    next()
  })
}
