import { Counter, Gauge, type Registry } from 'prom-client'
import { TUNER_MODES } from '#core/protocol'
import type { AutoTuner } from '#tuner/auto-tuner'

/** Prometheus metrics of a tuner. @returns what stops them, and what refreshes those that are read from its status */
export function tunerMetrics(tuner: AutoTuner, registers: Registry[]): { stop(): void; refresh(): void } {
  const adjustments = new Counter({
    name: 'configsync_tuner_adjustments_total',
    help: 'Adjustments that came into force on this node, and those taken back',
    labelNames: ['objective', 'kind'],
    registers,
  })
  const windows = new Counter({ name: 'configsync_tuner_windows_total', help: 'Windows of measurements', registers })
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `configsync_tuner_${name}`, help, labelNames, registers })
  const mode = gauge('mode', '1 for the mode that the tuner of this node is in', ['mode'])
  const frozen = gauge('frozen', '1 while an objective stays where it is until it is released', ['objective'])
  const missed = gauge('goal_missed', '1 while a goal was missed in the last window', ['objective', 'metric'])
  const stops = [
    tuner.on('adjustment', ({ objective }) => adjustments.inc({ objective, kind: 'adjust' })),
    tuner.on('revert', ({ objective }) => adjustments.inc({ objective, kind: 'revert' })),
    tuner.on('window', () => windows.inc()),
  ]
  return {
    stop() {
      for (const stop of stops) stop()
    },
    refresh() {
      const status = tuner.status()
      for (const name of TUNER_MODES) mode.set({ mode: name }, status.mode === name ? 1 : 0)
      for (const { name: objective, state, goals } of status.objectives) {
        frozen.set({ objective }, state.frozen ? 1 : 0)
        // Known before the first one, so that a rate over them is right.
        for (const kind of ['adjust', 'revert']) adjustments.inc({ objective, kind }, 0)
        for (const { goal, standing } of goals)
          if (!('raise' in goal)) missed.set({ objective, metric: goal.metric }, standing === 'missed' ? 1 : 0)
      }
    },
  }
}
