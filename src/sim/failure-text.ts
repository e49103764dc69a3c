import type { Failure } from './checkers/checker.ts'
import type { ScheduleOptions } from './random-schedule.ts'

/** The command that generates a schedule and runs it again. */
export function replayCommand({ seed, nodes, faults }: ScheduleOptions): string {
  const flags = [`--faults ${faults?.join(',') ?? 'all'}`, `--seed ${seed}`]
  if (nodes !== undefined) flags.push(`--nodes ${nodes}`)
  return `configsync simulate ${flags.join(' ')}`
}

/** What a person needs of a failure: where, when, what, and how to see it again. */
export function failureText(options: ScheduleOptions, { checker, atMs, what }: Failure): string {
  return `seed ${options.seed}, ${(atMs / 1000).toFixed(3)} s: ${what} (${checker})\nreplay: ${replayCommand(options)}`
}
