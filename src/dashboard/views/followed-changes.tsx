import type { Followed } from '../model/following.ts'
import { duration } from '../model/format.ts'
import { useChanges, useDashboard } from './hooks.ts'

/** What was written from this page, until every live node has shown that it has it. */
export function FollowedChanges() {
  const { following } = useDashboard()
  useChanges(following)
  return (
    <section class="followed" aria-label="Changes under way" aria-live="polite">
      {following.list.map((followed) => (
        <FollowedChange key={followed.id} followed={followed} />
      ))}
    </section>
  )
}

function FollowedChange({ followed }: { readonly followed: Followed }) {
  const { following } = useDashboard()
  const { names, lacking, members, tookMs } = followed
  const what = names.length === 1 ? names[0] : `${names.length} parameters`
  const shown = members - lacking.length
  return (
    <div class="card toast">
      <p>
        <strong>{what}</strong>
        {tookMs === undefined
          ? `: shown by ${shown} of ${members} nodes, not yet by ${some(lacking)}`
          : `: on every node, all ${members} had shown it within ${duration(tookMs)}`}
      </p>
      <progress max={members} value={shown} aria-label={`Nodes that have ${what}`} />
      <button type="button" class="quiet" onClick={() => following.dismiss(followed.id)}>
        Dismiss
      </button>
    </div>
  )
}

const some = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
