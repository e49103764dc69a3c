/**
 * Heap of a core replica for each parameter: a name, a text of 64 bytes, its update, and all that the replica keeps
 * to find, compare and repair it; and with what a node without a store remembers of the past beside it.
 *
 *     node --conditions=source --expose-gc bench/memory.ts [--parameters 100000] [--json]
 */
import { parseArgs } from 'node:util'
import { decodeUpdate, encodeUpdate } from '#codec/update'
import type { ParameterChange } from '#core/events'
import { historyEntry } from '#node/journal-entries'
import { MemoryJournal } from '#store/memory-journal'
import { describeMachine, machineLine } from './machine.ts'
import { WritingReplica } from './replica-core.ts'
import { markdownTable, whole } from './report.ts'

const AIM_BYTES = 450
const VALUE_BYTES = 64

function heapBytes(): number {
  if (!globalThis.gc) throw new Error('run with --expose-gc')
  for (let i = 0; i < 3; i++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** The bytes as they come from the wire: what a replica then holds are strings of its own. */
function encoded(parameters: number): Uint8Array[] {
  const writer = new WritingReplica('writer')
  return Array.from({ length: parameters }, (_, i) =>
    encodeUpdate(writer.write(`parameter_${i}`, `value of parameter ${i} `.padEnd(VALUE_BYTES, '.'))),
  )
}

const KINDS = {
  merged: (replica, bytes) => replica.merge(decodeUpdate(bytes)),
  'written here': (replica, bytes) => rewrite(replica, decodeUpdate(bytes)),
  'merged, with history': (replica, bytes, journal) => {
    const changes: ParameterChange[] = []
    replica.replica.merge(decodeUpdate(bytes), changes)
    journal.note({ history: changes.map((change) => historyEntry('remote', change, Date.now())), conflicts: [] })
  },
} satisfies Record<string, (replica: WritingReplica, bytes: Uint8Array, journal: MemoryJournal) => unknown>

function measure(kind: keyof typeof KINDS, parameters: number): { kind: string; bytesPerParameter: number } {
  const updates = encoded(parameters)
  const replica = new WritingReplica('reader')
  const journal = new MemoryJournal()
  const before = heapBytes()
  for (const bytes of updates) KINDS[kind](replica, bytes, journal)
  const bytesPerParameter = (heapBytes() - before) / parameters
  // all live until here, so that none counts but what it came to hold
  if (replica.replica.parameterCount !== updates.length) throw new Error('the replica does not hold every parameter')
  journal.limit({ historyPerParameter: 0, historyTotal: 1_000_000, conflicts: 0 })
  return { kind, bytesPerParameter }
}

const rewrite = (replica: WritingReplica, update: { parameter: string; value: unknown }): unknown =>
  replica.write(update.parameter, update.value as string)

const { values: options } = parseArgs({
  options: { parameters: { type: 'string', default: '100000' }, json: { type: 'boolean', default: false } },
})
const parameters = Number(options.parameters)
measure('merged', 1_000)
const results = (Object.keys(KINDS) as (keyof typeof KINDS)[]).map((kind) => measure(kind, parameters))
if (options.json)
  process.stdout.write(`${JSON.stringify({ machine: describeMachine(), parameters, results }, null, 1)}\n`)
else {
  const rows = results.map((one) => [one.kind, whole(one.bytesPerParameter), String(AIM_BYTES)])
  process.stdout.write(`Machine: ${machineLine(describeMachine())}. ${whole(parameters)} parameters.\n\n`)
  process.stdout.write(`${markdownTable(['replica', 'heap bytes/parameter', 'aim at most'], rows)}\n`)
}
