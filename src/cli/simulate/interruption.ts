import { failure } from '../failure.ts'
import type { ProgressBar } from './progress-bar.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs what may take long, and ends it when its user asks: the bar goes, and nothing is left behind. */
export async function onInterrupt<T>(progress: ProgressBar, use: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => interruption.abort(failure('INTERRUPTED', `by ${signal}`))
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    return await use(interruption.signal)
  } finally {
    progress.clear()
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}
