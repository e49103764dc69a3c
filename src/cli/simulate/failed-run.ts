import type { Checker } from '#sim/checkers/checker'
import { type Outcome, runSchedule } from '#sim/run-schedule'
import type { Schedule } from '#sim/schedule'
import { shrinkSchedule } from '#sim/shrink-schedule'
import { type CommandFailure, failure } from '../failure.ts'
import { saveText } from '../output-file.ts'
import type { ProgressBar } from './progress-bar.ts'

/** A person waits: what is found within this is small enough. Real time. */
const SHRINK_MS = 60_000

export interface ShrinkContext {
  readonly progress: ProgressBar
  readonly checkers: readonly Checker[]
  readonly signal: AbortSignal
}

/**
 * Looks for the smallest schedule in which the same checker fails, and writes it into a file of the folder.
 * @param replay the command that makes the whole run again
 * @returns what to tell the user
 */
export async function failureOf(failed: Outcome, replay: string, context: ShrinkContext): Promise<CommandFailure> {
  const { schedule } = failed
  const { checker, atMs, what } = failed.failure!
  const smaller = await shrunk(failed, context)
  const file = `simulation-${schedule.seed}.json`
  await saveText(file, `${JSON.stringify(smaller, null, 2)}\n`)
  return failure(
    'SIMULATION_FAILED',
    [
      `seed ${schedule.seed}, ${(atMs / 1_000).toFixed(3)} s: ${what} (${checker})`,
      `replay: ${replay}`,
      `${smaller.events.length} of ${schedule.events.length} events are enough: configsync simulate --schedule ${file}`,
    ].join('\n'),
  )
}

async function shrunk(failed: Outcome, { progress, checkers, signal }: ShrinkContext): Promise<Schedule> {
  const untilMs = performance.now() + SHRINK_MS
  let tries = 0
  const { outcome } = await shrinkSchedule(failed, async (candidate) => {
    // What is not tried has not failed.
    if (performance.now() > untilMs) return { ...failed, schedule: candidate, failure: undefined }
    progress.say(`shrinking, try ${++tries}: ${candidate.events.length} events, ${candidate.nodes.length} nodes`)
    // So that a signal is noticed.
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
    return runSchedule(candidate, checkers)
  })
  progress.clear()
  return outcome.schedule
}
