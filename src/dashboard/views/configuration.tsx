import { useState } from 'preact/hooks'
import type { ParameterJson } from '../agent/answers.ts'
import { plural, time } from '../model/format.ts'
import { nameOf } from '../model/parameters.ts'
import { textOf } from '../model/value-text.ts'
import { DraftList } from './draft-list.tsx'
import { hrefOf, useChanges, useDashboard } from './hooks.ts'
import { NewParameter, ParameterPanel } from './parameter-panel.tsx'
import { VirtualList } from './virtual-list.tsx'

const ROW_HEIGHT = 52
const NEW = 'new'

/** Every parameter, searched and edited. */
export function ConfigurationView({ path: [section, parameter] }: { readonly path: readonly string[] }) {
  const { parameters } = useDashboard()
  useChanges(parameters)
  const [query, setQuery] = useState('')
  const [withDeleted, setWithDeleted] = useState(false)
  const found = parameters.matching(query, withDeleted)
  const selected = section !== undefined && parameter !== undefined ? `${section}.${parameter}` : undefined
  return (
    <>
      <div class="bar">
        <label class="grow">
          <span class="hidden">Search</span>
          <input
            type="search"
            placeholder="Search by name, value, writer or reason"
            value={query}
            onInput={({ currentTarget }) => setQuery(currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={withDeleted}
            onChange={({ currentTarget }) => setWithDeleted(currentTarget.checked)}
          />
          deleted ones too
        </label>
        <a class="button" href={hrefOf('configuration', NEW)}>
          New parameter
        </a>
      </div>
      <DraftList />
      <div class={section === undefined ? '' : 'with-panel'}>
        <div>
          <p class="note" role="status">
            {parameters.loaded ? plural(found.length, 'parameter') : 'Asking the agent …'}
          </p>
          {parameters.loaded && found.length === 0 ? (
            <NoneFound query={query} />
          ) : (
            <VirtualList
              items={found}
              label="Parameters"
              rowHeight={ROW_HEIGHT}
              keyOf={nameOf}
              render={(view) => <ParameterRow view={view} selected={nameOf(view) === selected} />}
            />
          )}
        </div>
        {selected !== undefined && <ParameterPanel key={selected} section={section!} parameter={parameter!} />}
        {section === NEW && parameter === undefined && <NewParameter />}
      </div>
    </>
  )
}

const NoneFound = ({ query }: { readonly query: string }) => (
  <p class="empty">
    {query === ''
      ? 'No parameter was set yet. “New parameter” sets the first one; so does configsync set section.parameter value.'
      : `Nothing has “${query}” in its name, value, writer or reason. Fewer words find more.`}
  </p>
)

function ParameterRow({ view, selected }: { readonly view: ParameterJson; readonly selected: boolean }) {
  const { section, parameter, update, siblings } = view
  return (
    <a class="row" href={hrefOf('configuration', section, parameter)} aria-current={selected ? 'true' : undefined}>
      <span class="name">{nameOf(view)}</span>
      <span class="value">{view.deleted ? 'deleted' : textOf(view.value)}</span>
      <span class="by">
        {update ? `${update.nodeId}, ${time(update.timestamp[0])}` : 'default'}
        {update?.reason && <em> {update.reason}</em>}
        {siblings.length > 1 && <span class="tag strong">{siblings.length} concurrent</span>}
      </span>
    </a>
  )
}
