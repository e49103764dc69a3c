import { useState } from 'preact/hooks'
import { nameOf } from '../model/parameters.ts'
import { textOf } from '../model/value-text.ts'
import { hrefOf, useChanges, useDashboard } from './hooks.ts'
import { VirtualList } from './virtual-list.tsx'

/** Whose story is to be told. */
export function ParameterChooser() {
  const { parameters } = useDashboard()
  useChanges(parameters)
  const [query, setQuery] = useState('')
  const found = parameters.matching(query, true).filter(({ update }) => update !== null)
  return (
    <>
      <label class="bar">
        <span class="hidden">Search</span>
        <input
          type="search"
          placeholder="Whose story? Search by name, value, writer or reason"
          value={query}
          onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        />
      </label>
      {found.length === 0 ? (
        <p class="empty">Nothing to tell: no parameter that was written matches.</p>
      ) : (
        <VirtualList
          items={found}
          label="Parameters"
          rowHeight={40}
          keyOf={nameOf}
          render={(view) => (
            <a class="row two" href={hrefOf('story', view.section, view.parameter)}>
              <span class="name">{nameOf(view)}</span>
              <span class="value">{view.deleted ? 'deleted' : textOf(view.value)}</span>
            </a>
          )}
        />
      )}
    </>
  )
}
