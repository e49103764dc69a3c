import { isJsonObject, type JsonValue } from './json.ts'
import type { Update } from './update.ts'

/** Fixed part of an update on the wire: timestamps, numbers, array headers. */
const UPDATE_OVERHEAD_BYTES = 32

/**
 * About how many bytes an update takes on the wire, to cut parts by. Strings count one byte a character, so text beyond
 * ASCII is understated by up to three times; what is cut by this stays far below the frame limit.
 */
export function estimatedBytes(update: Update): number {
  return (
    UPDATE_OVERHEAD_BYTES +
    update.section.length +
    update.parameter.length +
    update.context.length * 4 +
    (update.reason?.length ?? 0) +
    (update.trace?.length ?? 0) +
    (update.value === undefined ? 1 : valueBytes(update.value))
  )
}

export const estimatedBytesOf = (updates: readonly Update[]): number =>
  updates.reduce((sum, update) => sum + estimatedBytes(update), 0)

function valueBytes(value: JsonValue): number {
  if (typeof value === 'string') return value.length + 3
  if (typeof value !== 'object' || value === null) return 9
  let bytes = 5
  if (isJsonObject(value)) for (const key of Object.keys(value)) bytes += key.length + 3 + valueBytes(value[key]!)
  else for (const item of value as readonly JsonValue[]) bytes += valueBytes(item)
  return bytes
}
