import type { ParameterChange } from '#core/events'
import type { PullAnswer } from '#core/protocol'
import type { PullSession } from '#core/pull-session'
import type { Replica } from '#core/replica'

/** One answer of a pull, merged at once; `complete`: its snapshot is claimed. */
export function absorbPart(
  session: PullSession,
  replica: Replica,
  answer: PullAnswer,
  changes: ParameterChange[] = [],
): 'more' | 'complete' | 'again' {
  const outcome = session.take(answer)
  session.merge(replica, answer.updates, changes)
  if (outcome !== 'last') return outcome
  return session.finish(replica, changes) ? 'complete' : 'again'
}
