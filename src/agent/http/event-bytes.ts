import type { JsonValue } from '#core/json'
import type { ChangeEvent, ConfigUpdateMsg } from '#node/types'

/** What an event costs beside its values: the objects of an update and its version vector. */
const UPDATE_BYTES = 512

export function changeEventBytes({ changes }: ChangeEvent): number {
  let bytes = 0
  for (const { value, previous, update } of changes)
    bytes += valueBytes(value) + valueBytes(previous) + updateBytes(update)
  return bytes
}

export const updateBytes = ({ value }: ConfigUpdateMsg): number => UPDATE_BYTES + valueBytes(value)

/** A rough size of a value in memory, without making its text. Values are at most 64 levels deep. */
function valueBytes(value: JsonValue | undefined): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 8
  let bytes = 32
  if (Array.isArray(value)) for (const member of value) bytes += valueBytes(member)
  else for (const [key, member] of Object.entries(value)) bytes += key.length * 2 + valueBytes(member as JsonValue)
  return bytes
}
