import { useState } from 'preact/hooks'
import { plural } from '../model/format.ts'
import { nameOf } from '../model/parameters.ts'
import { hrefOf, useChanges, useDashboard } from './hooks.ts'

/** Changes that wait to be published as one. */
export function DraftList() {
  const dashboard = useDashboard()
  const { drafts } = dashboard
  const [busy, setBusy] = useState(false)
  useChanges(drafts)
  const { list, error } = drafts
  if (list.length === 0) return null
  const publish = async () => {
    setBusy(true)
    await dashboard.publishDrafts().catch((cause: Error) => drafts.refuse(cause.message))
    setBusy(false)
  }
  return (
    <section class="card drafts" aria-label="Changes to publish together">
      <p>
        <strong>{plural(list.length, 'change')}</strong> to publish as one: every node takes all of them in one step, or
        none.
      </p>
      <ul>
        {list.map((draft) => {
          const name = nameOf(draft)
          return (
            <li key={name}>
              <a href={hrefOf('configuration', draft.section, draft.parameter)}>{name}</a>
              <code>{draft.text === undefined ? 'delete' : draft.text}</code>
              <button type="button" class="quiet" aria-label={`Drop ${name}`} onClick={() => drafts.remove(name)}>
                Drop
              </button>
              {error?.name === name && (
                <p class="error" role="alert">
                  {error.text}
                </p>
              )}
            </li>
          )
        })}
      </ul>
      {error && error.name === undefined && (
        <p class="error" role="alert">
          {error.text}
        </p>
      )}
      <div class="actions">
        <button type="button" disabled={busy} onClick={publish}>
          Publish together
        </button>
        <button type="button" class="quiet" onClick={() => drafts.clear()}>
          Drop all
        </button>
      </div>
    </section>
  )
}
