import type { Logger } from 'pino'
import { ConfigSyncError } from '#core/errors'
import type { ConfigSync } from '#node/api'
import type { Confirmations } from '#observe/confirmations'
import type { AutoTuner } from '#tuner/auto-tuner'
import type { Departures } from './departures.ts'
import type { StreamHub } from './stream-hub.ts'

/** What the routes of one agent share. */
export interface HttpContext {
  readonly sync: ConfigSync
  readonly tuner: AutoTuner
  readonly streams: StreamHub
  readonly departures: Departures
  readonly confirmations: Confirmations
  readonly logger: Logger
  /** the agent shuts down: reads go on, writes are refused, not ready */
  readonly isStopping: () => boolean
  /** Prometheus text of now */
  readonly metricsText: () => Promise<string>
}

/** Asked before a body is read, and again before the write: reading it may have taken a while. */
export function refuseWhileStopping({ isStopping }: HttpContext): void {
  if (isStopping()) throw new ConfigSyncError('STOPPING', 'this agent is shutting down')
}
