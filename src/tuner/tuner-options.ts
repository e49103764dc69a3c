import type { JsonValue } from '#core/json'
import type { Scheduler } from '#mesh/scheduler'
import type { ConfigSync } from '#node/api'
import type { Declarations } from '#node/declarations'
import type { Objective } from './objective.ts'
import type { TuningStrategy } from './strategy.ts'

export interface AutoTunerOptions {
  /** undefined: single-node mode, adjustments go straight into `config` */
  readonly configSyncManager?: ConfigSync
  /** what the program reads its parameters from; kept up to date with what the mesh agreed on */
  readonly config?: Record<string, Record<string, JsonValue>>
  /** beside the built-in one for ConfigSync's own delivery */
  readonly objectives?: readonly Objective[]
  /** of one's own, by name */
  readonly strategies?: readonly TuningStrategy[]
  /** bounds in single-node mode; with a manager, its declarations count */
  readonly parameters?: Declarations
  /** elapsed time and timers; default: the manager's, else the machine's */
  readonly scheduler?: Scheduler
  /** milliseconds since 1970 */
  readonly wallClock?: () => number
}
