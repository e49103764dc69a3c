import { decodeUpdate, encodeUpdate } from '#codec/update'
import { HybridClock } from '#core/hybrid-clock'
import { type NodeId, type Origin, originOf, type Sequence } from '#core/identity'
import { Replica } from '#core/replica'
import type { Update } from '#core/update'

const SECTION = 'bench'
const DRIFT_MAX_MS = 5_000

/** A replica with what a node needs beside it to write: its own origin, sequence and clock. No network, no events. */
export class WritingReplica {
  readonly replica = new Replica({ stored: false })
  readonly #origin: Origin
  readonly #clock = new HybridClock(DRIFT_MAX_MS)
  #sequence = 0

  /** @param name makes the origin: two that write must differ in it */
  constructor(name: string) {
    this.#origin = originOf(name as NodeId, Buffer.from(name.padEnd(8, '.')).toString('hex').slice(0, 16))
  }

  /** One write, merged here like any other update. */
  write(parameter: string, value: string): Update {
    this.#clock.tick(Date.now())
    const update: Update = {
      section: SECTION,
      parameter,
      value,
      origin: this.#origin,
      sequence: ++this.#sequence as Sequence,
      timestampMs: this.#clock.milliseconds,
      timestampLogical: this.#clock.logical,
      priority: 0,
      rule: 'latest',
      epoch: 0,
      context: this.replica.contextFor(SECTION, parameter, this.#origin),
      group: undefined,
      reason: undefined,
      trace: undefined,
      unknownFields: undefined,
    }
    this.replica.merge(update)
    return update
  }

  /** What a node does with an update from the wire. */
  merge(update: Update): void {
    this.#clock.observe(update.timestampMs, update.timestampLogical, Date.now())
    this.replica.merge(update)
  }

  get(parameter: string): unknown {
    return this.replica.siblings(SECTION, parameter)[0]?.value
  }
}

/** Everything live, and what was seen besides, as bytes: what a node that starts from nothing is given. */
export interface Snapshot {
  readonly updates: readonly Uint8Array[]
  readonly seen: string
}

export function snapshotOf({ replica }: WritingReplica): Snapshot {
  const updates = Array.from(replica.live(), encodeUpdate)
  return { updates, seen: JSON.stringify(replica.seen.coverage(Number.POSITIVE_INFINITY)) }
}

export function loadSnapshot(snapshot: Snapshot, name: string): WritingReplica {
  const loaded = new WritingReplica(name)
  for (const bytes of snapshot.updates) loaded.merge(decodeUpdate(bytes))
  loaded.replica.seen.join(JSON.parse(snapshot.seen))
  return loaded
}

export const snapshotBytes = ({ updates, seen }: Snapshot): number =>
  updates.reduce((total, bytes) => total + bytes.length, seen.length)
