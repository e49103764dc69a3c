import { useEffect, useMemo } from 'preact/hooks'
import { type SpaceTime, spaceTimeOf } from '#observe/space-time/model'
import type { HistoryAnswer } from '../agent/answers.ts'
import { historyPath } from '../agent/api.ts'
import { StoryHistory } from '../model/story-history.ts'
import { hrefOf, useCell, useChanges, useDashboard } from './hooks.ts'
import { ParameterChooser } from './parameter-chooser.tsx'
import { SpaceTimeDiagram } from './space-time-diagram.tsx'
import { StoryTable } from './story-table.tsx'

const CHANGES_MAX = 200

/** What one parameter went through: who wrote what, what each writer had seen, what met, and which rule decided. */
export function StoryView({ path: [section, parameter] }: { readonly path: readonly string[] }) {
  if (section === undefined || parameter === undefined) return <ParameterChooser />
  return <Story key={`${section}.${parameter}`} section={section} parameter={parameter} />
}

function Story({ section, parameter }: { readonly section: string; readonly parameter: string }) {
  const { api, connection, parameters } = useDashboard()
  const state = useCell(connection)
  useChanges(parameters)
  const name = `${section}.${parameter}`
  // Another object after each change of it.
  const view = parameters.get(name)
  const story = useMemo(
    () => new StoryHistory(() => api.get<HistoryAnswer>(`${historyPath(section, parameter)}?limit=${CHANGES_MAX}`)),
    [section, parameter],
  )
  useChanges(story)
  useEffect(() => {
    if (state === 'live') void story.refresh()
  }, [view, state, story])
  const { answer, fault } = story
  return (
    <>
      <p class="bar">
        <strong class="name">{name}</strong>
        <a href={hrefOf('configuration', section, parameter)}>Edit</a>
        <a href={hrefOf('story')}>Another parameter</a>
      </p>
      {fault !== undefined && <p class="error">{fault}</p>}
      {answer && <Told section={section} parameter={parameter} answer={answer} />}
    </>
  )
}

interface ToldProps {
  readonly section: string
  readonly parameter: string
  readonly answer: HistoryAnswer
}

function Told({ section, parameter, answer: { history, total } }: ToldProps) {
  if (history.length === 0) return <p class="empty">No change of it is remembered. The next one begins its story.</p>
  const diagram: SpaceTime = spaceTimeOf([{ section, parameter, history }])
  return (
    <>
      <SpaceTimeDiagram diagram={diagram} />
      <StoryTable section={section} parameter={parameter} history={history} diagram={diagram} />
      {total > history.length && (
        <p class="note">
          The newest {history.length} of {total} changes that are remembered.
        </p>
      )}
    </>
  )
}
