import type { ConfigSync } from '#node/api'
import type { ChangeEvent, ConflictRecord } from '#node/types'
import type { LogFeed } from '#observe/log-feed'
import { atLeast, type LogLevel, levelOfLine } from '#observe/log-levels'
import type { AutoTuner } from '#tuner/auto-tuner'
import { updateBytes } from './event-bytes.ts'
import { EventHistory, type Numbered } from './event-history.ts'
import type { StreamSource, Told } from './event-stream.ts'
import { EVENTS_HISTORY_BYTES_MAX } from './limits.ts'
import { adjustmentJson, tunerJson } from './tuner-views.ts'
import { changeJson, conflictJson, parameterJson } from './views.ts'

/** Something that happened on this agent. Its text is made for whoever reads it. */
interface AgentEvent extends Numbered {
  readonly told: () => Told
  /** of a log line; other events are always told */
  readonly level: LogLevel | undefined
}

export interface EventSelection {
  /** log lines of this level and above */
  readonly log: LogLevel
  /** begin with as many of the past events, as far as they are remembered */
  readonly past: number
}

/** An event with few and short fields. */
const SMALL_BYTES = 512

/** Everything that happens on this agent, in one order: what GET /v1/events tells. */
export class AgentEvents {
  readonly #sync: ConfigSync
  readonly #history = new EventHistory<AgentEvent>(0, { bytesMax: EVENTS_HISTORY_BYTES_MAX })
  readonly #onEvent: () => void
  readonly #stops: readonly (() => void)[]

  constructor(sync: ConfigSync, tuner: AutoTuner, logs: LogFeed, onEvent: () => void) {
    this.#sync = sync
    this.#onEvent = onEvent
    this.#stops = [
      sync.on('conflict', (record) => this.#conflict(record)),
      sync.on('member', (event) => this.#small('member', event)),
      sync.on('coordinator', ({ coordinator = null, self, epoch }) =>
        this.#small('coordinator', { coordinator, self, epoch }),
      ),
      sync.on('repair', (event) => this.#small('repair', event)),
      sync.on('rejected', ({ code, detail, nodeId = null, section = null, parameter = null }) =>
        this.#small('rejected', { code, detail, nodeId, section, parameter }),
      ),
      tuner.on('mode', ({ mode }) => this.#small('tuner', { kind: 'mode', mode })),
      tuner.on('adjustment', (record) => this.#small('tuner', adjustmentJson(record))),
      tuner.on('revert', (record) => this.#small('tuner', adjustmentJson(record))),
      tuner.on('frozen', (what) => this.#small('tuner', { kind: 'frozen', ...what })),
      tuner.on('released', (what) => this.#small('tuner', { kind: 'released', ...what })),
      tuner.on('window', (status) => this.#small('tuner', { kind: 'window', status: tunerJson(status, [], 0) })),
      logs.on((line) => this.#log(line)),
    ]
  }

  source({ log, past }: EventSelection): StreamSource<AgentEvent> {
    const { nodeId, runId } = this.#sync.status()
    return {
      runId,
      history: this.#history,
      start: this.#history.back(past),
      tell: ({ told, level }) => (level === undefined || atLeast(level, log) ? told() : undefined),
      reset: (revision) => ({ revision }),
      ready: (revision) => ({ nodeId, runId, revision }),
    }
  }

  /** @param bytes what the event holds on to, estimated */
  noteChange(event: ChangeEvent, bytes: number): void {
    const at = Date.now()
    this.#record(bytes, () => {
      const { revision, source, changes } = event
      const told = changes.map((change) => {
        const now = this.#sync.inspect(change.section, change.parameter)
        return { ...changeJson(change), now: now ? parameterJson(now) : null }
      })
      return { event: 'change', data: { at, revision, source, changes: told } }
    })
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #conflict(record: ConflictRecord): void {
    const bytes = [record.winner, ...record.losers].reduce((sum, update) => sum + updateBytes(update), SMALL_BYTES)
    this.#record(bytes, () => ({ event: 'conflict', data: conflictJson(record) }))
  }

  #small(event: string, data: object): void {
    const told = { event, data: { at: Date.now(), ...data } }
    this.#record(SMALL_BYTES, () => told)
  }

  #log(line: string): void {
    const level = levelOfLine(line)
    const told = { event: 'log', data: line.trimEnd() }
    this.#record(2 * line.length, () => told, level)
  }

  #record(bytes: number, told: () => Told, level?: LogLevel): void {
    this.#history.record({ revision: this.#history.revision + 1, told, level }, bytes)
    this.#onEvent()
  }
}
