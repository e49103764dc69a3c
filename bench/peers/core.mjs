// ConfigSync's core for the in-process job (J4) of a peer harness: bench/peers/README.md describes the interface.
import { decodeUpdate, encodeUpdate } from '#codec/update'
import { loadSnapshot, snapshotBytes, snapshotOf, WritingReplica } from '../replica-core.ts'

export default async () => ({
  note: 'core replica: sibling sets, causal contexts, hybrid clock, digests; update = its own MessagePack array',
  make: (name) => new WritingReplica(name),
  bulk(core, entries) {
    for (const [parameter, value] of entries) core.write(parameter, value)
  },
  set(core, parameter, value, out) {
    const bytes = encodeUpdate(core.write(parameter, value))
    out?.push(bytes)
  },
  merge(core, bytes) {
    core.merge(decodeUpdate(bytes))
  },
  snapshot: snapshotOf,
  load: loadSnapshot,
  get: (core, parameter) => core.get(parameter),
  size: snapshotBytes,
})
