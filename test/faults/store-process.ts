import type { NodeId, Origin, Sequence } from '#core/identity'
import type { Update } from '#core/update'
import { type Durability, SqliteStore } from '#store/sqlite/index'

/** Writes to the store of a folder until it is killed, and says of each transaction when it is acknowledged. */
const ORIGIN = 'node-1~00000000000000aa' as Origin
const PARAMETERS = ['a', 'b', 'c', 'd']
const VALUE_BYTES = 16 * 1024

const updateOf = (parameter: string, sequence: number): Update => ({
  section: 's',
  parameter,
  value: String(sequence).padEnd(VALUE_BYTES, '.'),
  origin: ORIGIN,
  sequence: sequence as Sequence,
  timestampMs: 1_767_225_600_000,
  timestampLogical: 0,
  priority: 0,
  rule: 'latest',
  epoch: 0,
  context: [],
  group: undefined,
  reason: undefined,
  trace: undefined,
  unknownFields: undefined,
})

const [path, durability] = process.argv.slice(2) as [string, Durability]
const store = new SqliteStore({ path, durability })
const stored = await store.open('node-1' as NodeId)
for (let sequence = (stored?.sequence ?? 0) + 1; ; sequence++) {
  const updates = PARAMETERS.map((parameter) => updateOf(parameter, sequence))
  await store.commit(
    {
      complete: false,
      parameters: updates.map((update) => ({ section: 's', parameter: update.parameter, siblings: [update] })),
      seen: [{ origin: ORIGIN, contiguous: sequence, ranges: [] }],
      collected: undefined,
      origin: ORIGIN,
      sequence,
      epoch: sequence,
      clock: [1_767_225_600_000, 0],
    },
    { history: [], conflicts: [] },
  )
  process.send!(sequence)
}
