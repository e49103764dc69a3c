import { FRAME_BYTES_MAX } from '#core/limits'
import type { BatchLimits } from './batching.ts'

/** What can be changed while the adapter runs; the replicated section `mesh` sets most of it. */
export interface AdapterSettings {
  /** how long updates are gathered after a frame of updates went out */
  readonly batchTimeLimitMs: number
  /** updates that a frame gathers; a group is never split, so it may exceed this */
  readonly batchSizeLimit: number
  /** larger frames are compressed */
  readonly compressionThresholdBytes: number
  /** how often an unconfirmed unicast is sent again */
  readonly maxRetries: number
  /** and how long a confirmation is awaited each time */
  readonly retryIntervalMs: number
  /** one broadcast frame in this many asks a member for a receipt */
  readonly receiptEvery: number
  /** gather longer, to save work */
  readonly highLoad: boolean
}

export const ADAPTER_SETTINGS_DEFAULT: AdapterSettings = {
  batchTimeLimitMs: 5,
  batchSizeLimit: 64,
  compressionThresholdBytes: 1024,
  maxRetries: 3,
  retryIntervalMs: 500,
  receiptEvery: 64,
  highLoad: false,
}

/** Built in, so that no setting can stop delivery or repair. */
const BOUNDS = {
  batchTimeLimitMs: { min: 0, max: 1_000 },
  batchSizeLimit: { min: 1, max: 10_000 },
  compressionThresholdBytes: { min: 0, max: FRAME_BYTES_MAX },
  maxRetries: { min: 0, max: 10 },
  retryIntervalMs: { min: 10, max: 60_000 },
  receiptEvery: { min: 1, max: 1_000_000 },
} as const satisfies Partial<Record<keyof AdapterSettings, { readonly min: number; readonly max: number }>>

/** Under high load batches take this much longer and larger. */
const HIGH_LOAD_FACTOR = 4

type Bounded = keyof typeof BOUNDS

/** The current settings with the given changes, each pulled into its bounds; what is no number leaves the current one. */
export function withinBounds(current: AdapterSettings, changes: Partial<AdapterSettings>): AdapterSettings {
  const settings = { ...current, highLoad: changes.highLoad ?? current.highLoad }
  for (const name of Object.keys(BOUNDS) as Bounded[]) {
    const { min, max } = BOUNDS[name]
    const wanted = changes[name]
    if (typeof wanted === 'number' && !Number.isNaN(wanted)) settings[name] = Math.min(max, Math.max(min, wanted))
  }
  return settings
}

export function batchLimits(settings: AdapterSettings): BatchLimits {
  const factor = settings.highLoad ? HIGH_LOAD_FACTOR : 1
  return { timeMs: settings.batchTimeLimitMs * factor, updatesMax: settings.batchSizeLimit * factor }
}
