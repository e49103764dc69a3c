import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino'
import type { ConfigSyncError, ErrorCode } from '#core/errors'
import type { JsonValue } from '#core/json'
import type { ConfigSync } from '#node/api'
import { TUNER_STATE_SECTION } from '#node/declarations'
import type { ChangeEvent, ConfigUpdateMsg, ConflictRecord, RejectedEvent } from '#node/types'
import type { LogLevel } from './log-levels.ts'

/** A log line is for finding a change, not for keeping its value. */
const VALUE_CHARACTERS_MAX = 256
/** Of one code within the window; the rest is counted, so that a hostile sender cannot fill the disk. */
const TROUBLE_LINES_MAX = 10
const TROUBLE_WINDOW_MS = 10_000
/** These mean that something is broken here, not that the world is as it is. */
const SEVERE: ReadonlySet<ErrorCode> = new Set([
  'DIVERGENCE',
  'STORE_FAILED',
  'INTERNAL',
  'LISTENER_FAILED',
  'ORIGIN_REPLACED',
  'STORE_OTHER_NODE',
])

/** Structured logs, one JSON object a line, to stderr when no other destination is given. */
export function createLogger(level: LogLevel, nodeId: string, destination: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { node: nodeId },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  }
  return pino(options, destination)
}

/** Logs what happens on a node, by the names of `log-events.ts`. @returns what stops it */
export function logEvents(sync: ConfigSync, logger: Logger): () => void {
  const trouble = new TroubleLimit()
  const rejections = new Rejections((event) => logRejected(logger, trouble, event))
  const stops = [
    sync.on('change', (event) => logChange(logger, event)),
    sync.on('conflict', (record) => logConflict(logger, record)),
    sync.on('rejected', (event) => rejections.add(event)),
    sync.on('error', (error) => {
      rejections.drop(error)
      logTrouble(logger, trouble, error)
    }),
    sync.on('member', ({ nodeId, state }) =>
      logger.info({ event: 'mesh.member', member: nodeId, state }, `${nodeId} ${state}`),
    ),
    sync.on('coordinator', ({ coordinator, epoch, self }) =>
      logger.info(
        { event: 'mesh.coordinator', coordinator, epoch, self },
        coordinator ? `${coordinator} coordinates` : 'no coordinator',
      ),
    ),
    sync.on('repair', ({ from, updates, full, outcome, elapsedMs }) =>
      logger[full || (outcome === 'complete' && updates > 0) ? 'info' : 'debug'](
        { event: 'mesh.repaired', from, updates, full, outcome, elapsedMs },
        `${full ? 'full exchange with' : 'repair from'} ${from}: ${updates} updates, ${outcome}`,
      ),
    ),
    sync.on('storeRecovered', ({ store }) =>
      logger.info({ event: 'store.recovered', store }, 'everything is stored again'),
    ),
    sync.on('ready', ({ elapsedMs }) => logger.info({ event: 'node.ready', elapsedMs }, 'up to date')),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function logChange(logger: Logger, { revision, source, changes }: ChangeEvent): void {
  for (const { section, parameter, value, previous, deleted, update } of changes) {
    // The tuner writes down what it knows after every window; what it did has a line of its own.
    const level = section === TUNER_STATE_SECTION ? 'debug' : 'info'
    if (!logger.isLevelEnabled(level)) continue
    const what = { section, parameter, value: preview(value), previous: preview(previous), deleted }
    const { nodeId: by, origin, sequence, priority, reason } = update
    logger[level](
      { event: 'config.changed', ...what, by, origin, sequence, priority, reason, source, revision },
      `${section}.${parameter}`,
    )
  }
}

function logConflict(
  logger: Logger,
  { section, parameter, decidedBy, value, winner, losers, explanation }: ConflictRecord,
): void {
  if (!logger.isLevelEnabled('info')) return
  const fields = {
    section,
    parameter,
    decidedBy,
    value: preview(value),
    winner: writer(winner),
    losers: losers.slice(0, 8).map(writer),
  }
  logger.info({ event: 'config.conflict', ...fields, losersCount: losers.length }, explanation)
}

function logRejected(
  logger: Logger,
  trouble: TroubleLimit,
  { code, detail, nodeId, section, parameter }: RejectedEvent,
): void {
  const suppressed = trouble.suppressedBefore(code)
  if (suppressed === undefined) return
  logger.warn(
    { event: 'config.rejected', code, from: nodeId, section, parameter, ...(suppressed > 0 && { suppressed }) },
    cut(detail),
  )
}

function logTrouble(logger: Logger, trouble: TroubleLimit, error: ConfigSyncError): void {
  const suppressed = trouble.suppressedBefore(error.code)
  if (suppressed === undefined) return
  const { code, hint, cause } = error
  const reason = cause instanceof Error ? cause.message : undefined
  const fields = { event: 'node.trouble', code, hint, reason, ...(suppressed > 0 && { suppressed }) }
  logger[SEVERE.has(code) ? 'error' : 'warn'](fields, cut(error.detail))
}

const writer = ({ nodeId, origin, sequence, priority, timestamp, epoch, value, deleted }: ConfigUpdateMsg) => ({
  nodeId,
  origin,
  sequence,
  priority,
  timestamp,
  epoch,
  value: preview(value),
  deleted,
})

/** The value itself while it is small, else the beginning of its JSON. */
function preview(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === 'string') return cut(value)
  if (typeof value !== 'object' || value === null) return value
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARACTERS_MAX ? value : cut(text)
}

const cut = (text: string): string =>
  text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX)}… (${text.length} characters)`

/**
 * What is trouble of this node besides is told as a rejection first and as an error right after it, in one go: that is one
 * line, not two.
 */
class Rejections {
  readonly #log: (event: RejectedEvent) => void
  #waiting: RejectedEvent[] = []

  constructor(log: (event: RejectedEvent) => void) {
    this.#log = log
  }

  add(event: RejectedEvent): void {
    if (this.#waiting.push(event) > 1) return
    queueMicrotask(() => {
      for (const waiting of this.#waiting.splice(0)) this.#log(waiting)
    })
  }

  drop({ code, detail }: ConfigSyncError): void {
    this.#waiting = this.#waiting.filter((event) => event.code !== code || event.detail !== detail)
  }
}

/** At most TROUBLE_LINES_MAX lines of one code in a window. */
class TroubleLimit {
  readonly #windows = new Map<ErrorCode, { startedMs: number; lines: number; suppressed: number }>()

  /** How many lines of this code were left out before this one; undefined to leave this one out too. */
  suppressedBefore(code: ErrorCode): number | undefined {
    const nowMs = performance.now()
    const window = this.#windows.get(code)
    if (!window || nowMs - window.startedMs >= TROUBLE_WINDOW_MS) {
      this.#windows.set(code, { startedMs: nowMs, lines: 1, suppressed: 0 })
      return window?.suppressed ?? 0
    }
    if (window.lines < TROUBLE_LINES_MAX) {
      window.lines++
      return 0
    }
    window.suppressed++
    return undefined
  }
}
