/**
 * Heap of a core replica for each parameter: a name, a text of 64 bytes, its update, and all that the replica keeps
 * to find, compare and repair it.
 *
 *     node --conditions=source --expose-gc bench/memory.ts [--parameters 100000] [--json]
 */
import { parseArgs } from 'node:util'
import { decodeUpdate, encodeUpdate } from '#codec/update'
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

function measure(kind: 'written here' | 'merged', parameters: number): { kind: string; bytesPerParameter: number } {
  const updates = encoded(parameters)
  const replica = new WritingReplica('reader')
  const before = heapBytes()
  if (kind === 'merged') for (const bytes of updates) replica.merge(decodeUpdate(bytes))
  else for (const bytes of updates) rewrite(replica, decodeUpdate(bytes))
  const bytesPerParameter = (heapBytes() - before) / parameters
  // both live until here, so that neither counts
  if (replica.replica.parameterCount !== updates.length) throw new Error('the replica does not hold every parameter')
  return { kind, bytesPerParameter }
}

const rewrite = (replica: WritingReplica, update: { parameter: string; value: unknown }): unknown =>
  replica.write(update.parameter, update.value as string)

const { values: options } = parseArgs({
  options: { parameters: { type: 'string', default: '100000' }, json: { type: 'boolean', default: false } },
})
const parameters = Number(options.parameters)
measure('merged', 1_000)
const results = [measure('merged', parameters), measure('written here', parameters)]
if (options.json)
  process.stdout.write(`${JSON.stringify({ machine: describeMachine(), parameters, results }, null, 1)}\n`)
else {
  const rows = results.map((one) => [one.kind, whole(one.bytesPerParameter), String(AIM_BYTES)])
  process.stdout.write(`Machine: ${machineLine(describeMachine())}. ${whole(parameters)} parameters.\n\n`)
  process.stdout.write(`${markdownTable(['replica', 'heap bytes/parameter', 'aim at most'], rows)}\n`)
}
