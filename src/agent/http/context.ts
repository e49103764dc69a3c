import type { Logger } from 'pino'
import type { ConfigSync } from '#node/api'
import type { WatchHub } from './watch-hub.ts'

/** What the routes of one agent share. */
export interface HttpContext {
  readonly sync: ConfigSync
  readonly watches: WatchHub
  readonly logger: Logger
  /** the agent shuts down: reads go on, writes are refused, not ready */
  readonly isStopping: () => boolean
  /** Prometheus text of now */
  readonly metricsText: () => Promise<string>
}
