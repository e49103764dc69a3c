import { useState } from 'preact/hooks'
import type { ConflictJson, SiblingJson } from '../agent/answers.ts'
import { time } from '../model/format.ts'
import { nameOf } from '../model/parameters.ts'
import { textOf } from '../model/value-text.ts'
import { hrefOf, useChanges, useDashboard } from './hooks.ts'

const SHOWN_MAX = 100

/** Writes that met without knowing of each other: what decided, and the way to decide otherwise. */
export function ConflictsView() {
  const { conflicts } = useDashboard()
  useChanges(conflicts)
  const { items } = conflicts
  if (items.length === 0)
    return (
      <p class="empty">
        No two writes have met here without knowing of each other. When it happens, this page says which won and by what
        rule.
      </p>
    )
  return (
    <ul class="conflicts">
      {items.slice(0, SHOWN_MAX).map((conflict) => (
        <li
          key={`${nameOf(conflict)} ${conflict.at} ${conflict.winner.origin} ${conflict.winner.sequence}`}
          class="card"
        >
          <Conflict conflict={conflict} />
        </li>
      ))}
    </ul>
  )
}

function Conflict({ conflict }: { readonly conflict: ConflictJson }) {
  const { section, parameter, at, decidedBy, explanation, winner, losers } = conflict
  return (
    <>
      <div class="title">
        <h2>
          <a href={hrefOf('story', section, parameter)}>{nameOf(conflict)}</a>
        </h2>
        <span class="note">
          {time(at)}, decided by {decidedBy}
        </span>
      </div>
      <p>{explanation}</p>
      <ul class="candidates">
        <Candidate conflict={conflict} sibling={winner} won />
        {losers.map((loser) => (
          <Candidate key={`${loser.origin} ${loser.sequence}`} conflict={conflict} sibling={loser} won={false} />
        ))}
      </ul>
    </>
  )
}

interface CandidateProps {
  readonly conflict: ConflictJson
  readonly sibling: SiblingJson
  readonly won: boolean
}

function Candidate({ conflict, sibling, won }: CandidateProps) {
  const dashboard = useDashboard()
  const [fault, setFault] = useState<string>()
  const { section, parameter } = conflict
  const { value, deleted, nodeId, priority, timestamp } = sibling
  const text = deleted ? undefined : textOf(value)
  const what = text ?? 'deleted'
  const publish = () => {
    setFault(undefined)
    const reason = `decided by hand for ${nodeId}'s ${what}`.slice(0, 200)
    dashboard
      .publish({ section, parameter, text, priority: '', reason })
      .catch((cause: Error) => setFault(cause.message))
  }
  return (
    <li>
      <span class={`fate ${won ? 'stands' : 'lost'}`}>{won ? 'won' : 'lost'}</span>
      <code>{what}</code>
      <span class="note">
        {nodeId}, {time(timestamp[0])}, priority {priority}
      </span>
      {!won && (
        <button
          type="button"
          class="second"
          aria-label={`Publish this one: ${what} of ${nodeId} for ${nameOf(conflict)}`}
          onClick={publish}
        >
          Publish this one
        </button>
      )}
      {fault !== undefined && (
        <p class="error" role="alert">
          {fault}
        </p>
      )}
    </li>
  )
}
