import { useState } from 'preact/hooks'
import type { LogLine } from '../agent/answers.ts'
import { time } from '../model/format.ts'
import { LEVELS, type Level } from '../model/log-lines.ts'
import { useChanges, useDashboard } from './hooks.ts'
import { VirtualList } from './virtual-list.tsx'

const ROW_HEIGHT = 30

/** What the agent logs, as it does. */
export function LogView() {
  const { log } = useDashboard()
  useChanges(log)
  const [query, setQuery] = useState('')
  const [level, setLevel] = useState<Level>('info')
  const [chosen, setChosen] = useState<LogLine>()
  const lines = log.matching(query, level)
  return (
    <>
      <div class="bar">
        <label class="grow">
          <span class="hidden">Filter</span>
          <input
            type="search"
            placeholder="Filter: event, node, parameter …"
            value={query}
            onInput={({ currentTarget }) => setQuery(currentTarget.value)}
          />
        </label>
        <label class="check">
          from level
          <select value={level} onChange={({ currentTarget }) => setLevel(currentTarget.value as Level)}>
            {LEVELS.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      </div>
      {lines.length === 0 ? (
        <p class="empty">
          No line matches. The agent writes lines from its own <code>--log-level</code> on.
        </p>
      ) : (
        <VirtualList
          items={lines}
          label="Log lines, the newest first"
          rowHeight={ROW_HEIGHT}
          keyOf={(line, i) => `${line.time} ${i}`}
          render={(line) => <LogRow line={line} onChoose={() => setChosen(line)} />}
        />
      )}
      {chosen && (
        <section class="card" aria-label="Log line">
          <code class="block">{JSON.stringify(chosen, null, 2)}</code>
        </section>
      )}
    </>
  )
}

/** Of a change more is worth a glance than its name. */
function messageOf(line: LogLine): string {
  const { event, msg = '', value, deleted, by, reason } = line
  if (event !== 'config.changed') return msg
  const why = typeof reason === 'string' ? `: ${reason}` : ''
  return `${msg} = ${deleted ? 'deleted' : valueText(value)}, by ${by}${why}`
}

/** A long value is logged as the beginning of its JSON. */
const valueText = (value: unknown): string =>
  typeof value === 'string' && /… \(\d+ characters\)$/.test(value) ? value : JSON.stringify(value)

const LogRow = ({ line, onChoose }: { readonly line: LogLine; readonly onChoose: () => void }) => (
  <button type="button" class={`row line ${line.level}`} onClick={onChoose}>
    <span>{time(Date.parse(line.time))}</span>
    <span class="level">{line.level}</span>
    <span class="name">{line.event ?? ''}</span>
    <span>{messageOf(line)}</span>
  </button>
)
