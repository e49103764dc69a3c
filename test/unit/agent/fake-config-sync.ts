import { ConfigSyncError } from '#core/errors'
import type { JsonValue } from '#core/json'
import type { ConfigSync } from '#node/api'
import type { ConfigChangeRequest, ConfigSyncEvents, ConfigUpdateMsg, StatusView, WriteOptions } from '#node/types'

type Listener = (event: never) => void

/** One node, one write after the other, no mesh: just enough to exercise the routes. */
export class FakeConfigSync implements ConfigSync {
  readonly #held = new Map<string, ConfigUpdateMsg>()
  readonly #listeners = new Map<string, Set<Listener>>()
  #revision = 0
  #sequence = 0
  failWith: unknown

  async start() {}
  async stop() {}
  get(section: string, parameter: string) {
    return this.#held.get(`${section}.${parameter}`)?.value
  }
  getAll() {
    const all: Record<string, Record<string, JsonValue>> = {}
    for (const { section, parameter, value } of this.#held.values())
      if (value !== undefined) (all[section] ??= {})[parameter] = value
    return all
  }
  inspect(section: string, parameter: string) {
    const update = this.#held.get(`${section}.${parameter}`)
    return (
      update && {
        section,
        parameter,
        value: update.value,
        deleted: update.deleted,
        source: 'resolved' as const,
        update,
        siblings: [update],
      }
    )
  }
  async publishUpdate(section: string, parameter: string, value: JsonValue | undefined, options?: WriteOptions) {
    return (await this.publishUpdates([{ section, parameter, value, ...options }]))[0]!
  }
  async publishUpdates(changes: readonly ConfigChangeRequest[]) {
    if (this.failWith) throw this.failWith
    for (const { section } of changes)
      if (section.includes('.')) throw new ConfigSyncError('NAME_INVALID', `"${section}" has a dot`)
    for (const { value } of changes)
      if (JSON.stringify(value ?? null).length > 1024 * 1024) throw new ConfigSyncError('VALUE_TOO_LARGE', 'over 1 MiB')
    const previous = changes.map(({ section, parameter }) => this.get(section, parameter))
    const updates = changes.map((change) => this.#update(change))
    const views = updates.map((update, i) => ({ ...update, previous: previous[i], update }))
    this.emit('change', { revision: ++this.#revision, source: 'local', changes: views })
    return updates
  }
  deleteParameter(section: string, parameter: string, options?: WriteOptions) {
    return this.publishUpdate(section, parameter, undefined, options)
  }
  async processUpdate() {
    return undefined
  }
  async *watch() {}
  on<Name extends keyof ConfigSyncEvents>(name: Name, listener: (event: ConfigSyncEvents[Name]) => void) {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener as Listener))
    return () => void listeners.delete(listener as Listener)
  }
  emit<Name extends keyof ConfigSyncEvents>(name: Name, event: ConfigSyncEvents[Name]) {
    for (const listener of this.#listeners.get(name) ?? []) (listener as (event: ConfigSyncEvents[Name]) => void)(event)
  }
  getVersionVector() {
    return {}
  }
  conflicts() {
    return []
  }
  isCoordinator() {
    return true
  }
  status() {
    const delivery = { retries: 0, receipts: 0, framesSent: 1, framesReceived: 2, bytesSent: 3, bytesReceived: 4 }
    const latencies = { p50Ms: undefined, p95Ms: undefined, p99Ms: undefined, successRate: undefined }
    return {
      nodeId: 'node-1',
      runId: '00000000000000aa',
      cluster: 'test',
      ready: true,
      members: [],
      versionVector: {},
      rejected: {},
      delivery: { ...delivery, ...latencies },
      conflicts: 0,
      pendingUpdates: 0,
      load: 0,
      origins: 1,
      parameters: this.#held.size,
      repairs: 0,
      divergences: 0,
      revision: this.#revision,
      uptimeMs: 1500,
    } as unknown as StatusView
  }
  #update({ section, parameter, value, priority = 0, reason }: ConfigChangeRequest) {
    const sequence = ++this.#sequence
    const origin = 'node-1~00000000000000ff'
    const fixed = {
      nodeId: 'node-1',
      origin,
      versionVector: { [origin]: sequence },
      timestamp: [Date.now(), 0],
      rule: 'latest',
      epoch: 0,
    }
    const update = {
      ...fixed,
      section,
      parameter,
      value,
      deleted: value === undefined,
      sequence,
      priority,
      reason,
    } as unknown as ConfigUpdateMsg
    this.#held.set(`${section}.${parameter}`, update)
    return update
  }
}
