import type { JsonValue } from '#core/json'
import { CONFLICT_LEDGER_MAX } from '#core/limits'
import { type Declaration, Declarations, NO_DECLARATIONS } from './declarations.ts'
import { booleanSetting, bothSchemas, integerSetting, numberSetting, type Setting } from './setting.ts'
import { validateWith } from './validation.ts'

/** Every one of ConfigSync's own settings, by the name that it has in `Settings`. The defaults are those of a local network. */
export const SETTINGS = {
  batchSizeLimit: integerSetting(
    'mesh.batch_size_limit',
    { default: 64, min: 1, max: 10_000, tune: { min: 8, max: 1_024, step: 8, owner: 'queue', whenMissed: 'raise' } },
    'Updates in one frame. Bounded, because a large frame holds up all that come after it.',
  ),
  batchTimeLimitMs: numberSetting(
    'mesh.batch_time_limit_ms',
    { default: 5, min: 0, max: 1_000, tune: { min: 0.5, max: 100, step: 0.5, owner: 'batch', whenMissed: 'lower' } },
    'How long updates gather after the first, milliseconds. Beyond a second a change is no longer live.',
  ),
  compressionThresholdBytes: integerSetting(
    'mesh.compression_threshold_bytes',
    {
      default: 1_024,
      min: 64,
      max: 1_048_576,
      tune: { min: 256, max: 65_536, step: 256, owner: 'wire', whenMissed: 'lower' },
    },
    'Frames over this many bytes are compressed. Under 64 bytes compressing costs time and saves nothing.',
  ),
  heartbeatIntervalMs: integerSetting(
    'mesh.heartbeat_interval_ms',
    { default: 1_000, min: 20, max: 60_000 },
    'Between two heartbeats, milliseconds; repair and election count in it. Under 20 ms heartbeats are the load, and beyond a minute a loss goes unnoticed for minutes.',
  ),
  maxRetries: integerSetting(
    'mesh.max_retries',
    { default: 3, min: 0, max: 20, tune: { min: 1, max: 10, step: 1, owner: 'lost', whenMissed: 'raise' } },
    'How often an unanswered direct message is sent again. A peer that misses 20 is not there.',
  ),
  retryIntervalMs: integerSetting(
    'mesh.retry_interval_ms',
    { default: 500, min: 10, max: 60_000, tune: { min: 50, max: 5_000, step: 50, owner: 'lost', whenMissed: 'lower' } },
    'Between two tries of a direct message, milliseconds. Under 10 ms the answer may still be on its way.',
  ),
  receiptSampleFrames: integerSetting(
    'mesh.receipt_sample',
    { default: 64, min: 1, max: 100_000 },
    'One frame in this many asks a random member for a receipt, by which delivery is measured. Rarer ones measure nothing.',
  ),
  tunerEnabled: booleanSetting(
    'auto_tuner.enabled',
    true,
    'Whether the coordinator tunes anything: the settings of the section mesh, and what objectives name.',
  ),
  tunerIntervalSeconds: numberSetting(
    'auto_tuner.interval_seconds',
    { default: 10, min: 1, max: 3_600 },
    'The least length of a window of measurements, seconds. Under a second there are too few samples to judge by.',
  ),
  targetP95LatencyMs: numberSetting(
    'auto_tuner.target_p95_latency_ms',
    { default: 500, min: 1, max: 60_000 },
    'The goal for the 95th percentile of message_send, milliseconds. Under a millisecond no mesh reaches it.',
  ),
  targetSuccessRate: numberSetting(
    'auto_tuner.target_success_rate',
    { default: 0.95, min: 0, max: 1 },
    'The goal for the share of receipts that come back, 0 to 1.',
  ),
  maxAdjustmentRatio: numberSetting(
    'auto_tuner.max_adjustment_pct',
    { default: 0.2, min: 0.01, max: 0.5 },
    'The largest step of one adjustment as a share of the old value: 0.2 is 20 %. Steps over a half swing instead of settling.',
  ),
  maxClockDriftMs: integerSetting(
    'config_sync.max_clock_drift_ms',
    { default: 5_000, min: 100, max: 3_600_000 },
    "How far a stamp may be ahead of this machine's clock, milliseconds. Synchronised clocks differ by tens of milliseconds; with more than an hour a wrong clock would win every conflict for as long.",
  ),
  historyPerParameter: integerSetting(
    'config_sync.history_per_parameter',
    { default: 100, min: 0, max: 10_000 },
    'Past updates of each parameter remembered for people. Bounded, because there may be many parameters.',
  ),
  historyTotal: integerSetting(
    'config_sync.history_total',
    { default: 1_000_000, min: 1_000, max: 10_000_000 },
    'Past updates of all parameters together remembered for people; beyond it the oldest go. Ten million of small values take over 2 GB of disk.',
  ),
  conflictLedgerSize: integerSetting(
    'config_sync.conflict_ledger_size',
    { default: 200, min: 1, max: CONFLICT_LEDGER_MAX },
    'Conflicts remembered for people. Bounded, because each holds all its values.',
  ),
} as const

type SettingName = keyof typeof SETTINGS
const NAMES = Object.keys(SETTINGS) as SettingName[]

/** Asked for every change that comes in. */
const OWN_PARAMETERS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...new Set(NAMES.map((name) => SETTINGS[name].section))].map((section) => [
    section,
    new Set(NAMES.filter((name) => SETTINGS[name].section === section).map((name) => SETTINGS[name].parameter)),
  ]),
)

/** The values of ConfigSync's own settings in force. Every one is within its bounds. */
export type Settings = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never
}

/** Defaults for a kind of network, which any write overrides: `lan` one site, `wan` several, `test` one machine. */
export type Preset = 'lan' | 'wan' | 'test'

const LAN = settingsBy((name) => SETTINGS[name].default)

export const PRESETS: Readonly<Record<Preset, Settings>> = {
  lan: LAN,
  // Round trips of 100 ms and more: gather longer, compress sooner, and do not take a slow answer for a lost one.
  wan: {
    ...LAN,
    batchTimeLimitMs: 20,
    compressionThresholdBytes: 512,
    heartbeatIntervalMs: 3_000,
    maxRetries: 5,
    retryIntervalMs: 2_000,
    targetP95LatencyMs: 1_000,
  },
  // Somebody waits for the outcome.
  test: {
    ...LAN,
    batchTimeLimitMs: 1,
    heartbeatIntervalMs: 100,
    retryIntervalMs: 50,
    receiptSampleFrames: 8,
    tunerIntervalSeconds: 1,
  },
}

/**
 * The user's declarations with ConfigSync's own settings among them. Where the user declares one of those too, both
 * schemas must accept a value, and the user's default, merge rule and priority count.
 *
 * @throws ConfigSyncError SCHEMA_INVALID naming the setting whose default is not within both
 */
export function withSettings(user: Declarations = NO_DECLARATIONS, preset: Preset = 'lan'): Declarations {
  const own = NAMES.map((name) => declarationOf(SETTINGS[name], PRESETS[preset][name], user))
  const others = user.entries().filter((entry) => !isSetting(entry.section, entry.parameter))
  return new Declarations([...own, ...others], user.undeclared)
}

/** Whether a parameter is one of ConfigSync's own settings. */
export const isSetting = (section: string, parameter: string): boolean =>
  OWN_PARAMETERS.get(section)?.has(parameter) ?? false

/**
 * The settings in force, from a node's effective values. What is missing or out of bounds is taken from the preset, so
 * that nothing, a bug included, can end repair with an interval of 0.
 */
export const settingsFrom = (
  get: (section: string, parameter: string) => JsonValue | undefined,
  preset: Preset = 'lan',
): Settings =>
  settingsBy((name) => {
    const { section, parameter, schema } = SETTINGS[name]
    const value = get(section, parameter)
    return value !== undefined && validateWith(schema, value).ok ? value : PRESETS[preset][name]
  })

/** A default, and what a setting's schema accepts, is of the setting's type. */
function settingsBy(read: (name: SettingName) => JsonValue): Settings {
  return Object.fromEntries(NAMES.map((name) => [name, read(name)])) as unknown as Settings
}

function declarationOf(
  setting: Setting<number> | Setting<boolean>,
  preset: number | boolean,
  user: Declarations,
): Declaration {
  const { section, parameter, schema, description, tune } = setting
  const declared = user.lookup(section, parameter)
  return {
    section,
    parameter,
    schema: declared ? bothSchemas(declared.schema, schema) : schema,
    default: declared?.default ?? preset,
    merge: declared?.merge ?? 'latest',
    priority: declared?.priority ?? 0,
    description: declared?.description ?? description,
    // A narrower schema has bounds of its own, so its declaration says whether and how far a tuner may go.
    tune: declared ? declared.tune : tune,
  }
}
