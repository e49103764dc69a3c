import { Core, type Input } from '#core/core'
import type { Effect, StoredState } from '#core/effects'
import type { CoreEvent } from '#core/events'
import type { NodeId, RunId } from '#core/identity'
import type { JsonValue } from '#core/json'
import type { Update } from '#core/update'
import type { WriteChange } from '#core/writer'
import { MemoryStore } from '#store/memory'

export type InputBody = Input extends infer I ? (I extends Input ? Omit<I, 'nowMs' | 'wallMs'> : never) : never

export interface CoreNodeOptions {
  readonly name: string
  readonly stored: boolean
  readonly random: () => number
  /** counts runs and incarnations of all nodes, so that none comes twice */
  readonly nextId: () => number
  readonly heartbeatIntervalMs?: number
  readonly presenceBudget?: number
}

export const change = (
  parameter: string,
  value: JsonValue | undefined,
  more: Partial<WriteChange> = {},
): WriteChange => ({
  section: 's',
  parameter,
  value,
  priority: 0,
  rule: 'latest',
  reason: undefined,
  epoch: 0,
  ...more,
})

/** One node over several runs: its core while it is up, and its store, which every `persist` goes to. */
export class CoreNode {
  readonly name: NodeId
  readonly options: CoreNodeOptions
  /** of the current run, or of the last one */
  core: Core
  up = false
  store: MemoryStore | undefined
  /** what this machine's clock is wrong by */
  wallSkewMs = 0
  /** of all runs */
  readonly events: CoreEvent[] = []
  /** own updates of all runs */
  readonly written: Update[] = []

  constructor(options: CoreNodeOptions) {
    this.options = options
    this.name = options.name as NodeId
    this.store = options.stored ? new MemoryStore() : undefined
    this.core = this.newCore()
  }

  private id(): string {
    return this.options.nextId().toString(16).padStart(16, '0')
  }

  private newCore(): Core {
    const { random, heartbeatIntervalMs = 1_000, presenceBudget = 64 } = this.options
    return new Core({
      nodeId: this.name,
      runId: this.id() as RunId,
      cluster: 'test',
      settings: { heartbeatIntervalMs, maxClockDriftMs: 5_000 },
      presenceBudget,
      random,
      newIncarnation: () => this.id(),
      stored: this.options.stored,
    })
  }

  /** @param stored what it goes on with: of its store, or of a clean stop without one */
  begin(stored: StoredState | undefined): void {
    this.core = this.newCore()
    if (stored) this.core.restore(stored)
    this.up = true
  }

  input(body: InputBody, nowMs: number): readonly Effect[] {
    const effects = this.core.step({ ...body, nowMs, wallMs: 1_767_225_600_000 + nowMs + this.wallSkewMs } as Input)
    for (const effect of effects) {
      if (effect.type === 'emit') this.events.push(effect.event)
      if (effect.type === 'written') this.written.push(...effect.updates)
      // What the memory store does on commit it does before it returns.
      if (effect.type === 'persist') void this.store!.commit(effect.batch, { history: [], conflicts: [] })
    }
    return effects
  }

  count(type: CoreEvent['type']): number {
    return this.events.filter((event) => event.type === type).length
  }

  values(parameter: string): (JsonValue | undefined)[] {
    return this.core.replica.siblings('s', parameter).map(({ value }) => value)
  }
}
