import { useState } from 'preact/hooks'
import { useCell, useDashboard } from './hooks.ts'

/** Shown when the agent answers nothing without its token. */
export function TokenForm() {
  const dashboard = useDashboard()
  const [token, setToken] = useState('')
  const trying = useCell(dashboard.connection) !== 'token'
  const refused = useCell(dashboard.tokenAsked) === 'refused' && !trying
  const submit = (event: Event) => {
    event.preventDefault()
    if (token.trim() !== '') dashboard.useToken(token.trim())
  }
  return (
    <form class="card narrow" onSubmit={submit}>
      <p>
        This agent answers only to whoever has its token: the text in the file that it was started with as{' '}
        <code>--http-token-file</code>. It is kept until this tab is closed.
      </p>
      <label>
        Token
        <input
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
      </label>
      {refused && (
        <p class="error" role="alert">
          The agent refused this token.
        </p>
      )}
      <button type="submit" disabled={trying}>
        Open
      </button>
    </form>
  )
}
