import type { JsonValue } from '#core/json'
import type { ConfigSync } from '#node/api'
import type { ChangeEvent } from '#node/types'
import type { EventHistory } from './event-history.ts'
import type { StreamSource } from './event-stream.ts'
import { changeJson } from './views.ts'

export interface WatchSelection {
  readonly section: string | undefined
  readonly parameter: string | undefined
}

/** GET /v1/watch: the changes of what one reader selects. */
export function watchSource(
  sync: ConfigSync,
  history: EventHistory<ChangeEvent>,
  { section, parameter }: WatchSelection,
): StreamSource<ChangeEvent> {
  const { nodeId, runId } = sync.status()
  const selects = (name: { readonly section: string; readonly parameter: string }): boolean =>
    (section === undefined || section === name.section) && (parameter === undefined || parameter === name.parameter)
  return {
    runId,
    history,
    start: history.revision,
    tell: ({ revision, changes }) => {
      const selected = changes.filter(selects)
      return selected.length === 0
        ? undefined
        : { event: 'change', data: { revision, changes: selected.map(changeJson) } }
    },
    reset: (revision) => ({ revision, config: selectedConfig(sync.getAll(), section, parameter) }),
    ready: (revision) => ({ nodeId, runId, revision }),
  }
}

type Config = Record<string, Record<string, JsonValue>>

function selectedConfig(all: Config, section: string | undefined, parameter: string | undefined): Config {
  if (section === undefined && parameter === undefined) return all
  const selected = Object.entries(all)
    .filter(([name]) => section === undefined || name === section)
    .map(([name, values]) => [name, parameter === undefined ? values : pick(values, parameter)] as const)
    .filter(([, values]) => Object.keys(values).length > 0)
  return Object.fromEntries(selected)
}

const pick = (values: Record<string, JsonValue>, name: string): Record<string, JsonValue> =>
  Object.hasOwn(values, name) ? { [name]: values[name]! } : {}
