import { batchOf, NO_JOURNAL, NODE, parameterOf, updateOf } from '#contract/store-samples'
import { type Durability, SqliteStore } from '#store/sqlite/index'

/** Writes to the store of a folder until it is killed, and says of each transaction when it is acknowledged. */
const PARAMETERS = ['a', 'b', 'c', 'd']
const VALUE_BYTES = 16 * 1024

const [path, durability] = process.argv.slice(2) as [string, Durability]
const store = new SqliteStore({ path, durability })
const stored = await store.open(NODE)
for (let sequence = (stored?.sequence ?? 0) + 1; ; sequence++) {
  const value = String(sequence).padEnd(VALUE_BYTES, '.')
  const parameters = PARAMETERS.map((parameter) => parameterOf(updateOf(sequence, value, { parameter })))
  await store.commit(batchOf(sequence, { parameters, epoch: sequence }), NO_JOURNAL)
  process.send!(sequence)
}
