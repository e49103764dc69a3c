import type { RecordedUpdate } from './recorded.ts'

const VALUE_CHARACTERS_MAX = 40

/** What an update wrote, on one line: JSON cut short, or `deleted`. */
export function valueLabel({ value, deleted }: Pick<RecordedUpdate, 'value' | 'deleted'>): string {
  if (deleted) return 'deleted'
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX - 1).toWellFormed()}…`
}

/** `node-1:5`, as `configsync history` names it where that is enough. */
export const dotLabel = ({ nodeId, sequence }: Pick<RecordedUpdate, 'nodeId' | 'sequence'>): string =>
  `${nodeId}:${sequence}`

/** `12:00:01.123`, in UTC. */
export const timeLabel = ({ timestamp: [milliseconds] }: Pick<RecordedUpdate, 'timestamp'>): string =>
  new Date(milliseconds).toISOString().slice(11, 23)
