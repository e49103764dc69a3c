import type { Logger } from 'pino'
import type { AutoTuner } from '#tuner/auto-tuner'

/** Logs what a tuner does, by the names of `log-events.ts`. @returns what stops it */
export function logTuner(tuner: AutoTuner, logger: Logger): () => void {
  const stops = [
    tuner.on('mode', ({ mode }) => logger.info({ event: 'tuner.mode', mode }, `the tuner is ${mode}`)),
    tuner.on('adjustment', (record) => logger.info({ event: 'tuner.adjusted', ...record }, record.reason)),
    tuner.on('revert', (record) => logger.warn({ event: 'tuner.reverted', ...record }, record.reason)),
    tuner.on('frozen', (what) => logger.warn({ event: 'tuner.frozen', ...what }, what.reason)),
    tuner.on('error', ({ code, detail }) => logger.error({ event: 'tuner.error', code }, detail)),
    tuner.on('released', (what) => logger.info({ event: 'tuner.released', ...what }, what.reason)),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
