import { useEffect, useRef, useState } from 'preact/hooks'
import type { ParameterJson } from '../agent/answers.ts'
import { time } from '../model/format.ts'
import { textOf } from '../model/value-text.ts'
import { EditForm } from './edit-form.tsx'
import { hrefOf, useChanges, useDashboard } from './hooks.ts'

/** One parameter: what stands, who set it, and a new value for it. */
export function ParameterPanel({ section, parameter }: { readonly section: string; readonly parameter: string }) {
  const { parameters } = useDashboard()
  useChanges(parameters)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const view = parameters.get(`${section}.${parameter}`)
  return (
    <section class="card panel" aria-label="Parameter">
      <div class="title">
        <h2 ref={heading} tabIndex={-1}>
          {section}.{parameter}
        </h2>
        <a class="quiet" href={hrefOf('configuration')}>
          Close
        </a>
      </div>
      {view?.update && (
        <p>
          <a href={hrefOf('story', section, parameter)}>Its story</a>
        </p>
      )}
      {view && <Details view={view} />}
      {parameters.loaded && !view && <p class="empty">It was never set and is not declared. A value makes it.</p>}
      {/* Not before it is known what stands, or an empty field would be published over it. */}
      {parameters.loaded && <EditForm section={section} parameter={parameter} view={view} />}
    </section>
  )
}

const SOURCES: Readonly<Record<ParameterJson['source'], string>> = {
  resolved: 'as resolved',
  sibling: 'another concurrent value: this node’s schema refuses the winner',
  stale: 'the last value that this node’s schema accepted',
  default: 'the declared default',
  none: 'nothing',
}

function Details({ view }: { readonly view: ParameterJson }) {
  const { update, siblings, source } = view
  return (
    <dl>
      <dt>Value</dt>
      <dd>
        <code class="block">{view.deleted ? 'deleted' : textOf(view.value)}</code>
        {source !== 'resolved' && <span class="note">{SOURCES[source]}</span>}
      </dd>
      {update && (
        <>
          <dt>Set by</dt>
          <dd>
            {update.nodeId},{' '}
            <time dateTime={new Date(update.timestamp[0]).toISOString()}>{time(update.timestamp[0])}</time>
          </dd>
          <dt>Why</dt>
          <dd>{update.reason ?? <span class="note">no reason given</span>}</dd>
          <dt>Priority</dt>
          <dd>
            {update.priority}, merged by <code>{update.rule}</code>
          </dd>
        </>
      )}
      {siblings.length > 1 && (
        <>
          <dt>Concurrent</dt>
          <dd>
            {siblings.map((sibling) => (
              <div key={`${sibling.origin} ${sibling.sequence}`}>
                <code>{sibling.deleted ? 'deleted' : textOf(sibling.value)}</code> by {sibling.nodeId}, priority{' '}
                {sibling.priority}
              </div>
            ))}
          </dd>
        </>
      )}
    </dl>
  )
}

/** The same form for a name that somebody types. */
export function NewParameter() {
  const [name, setName] = useState('')
  const dot = name.indexOf('.')
  const [section, parameter] = [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)]
  const isWhole = section !== '' && parameter !== ''
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  return (
    <section class="card panel" aria-label="New parameter">
      <div class="title">
        <h2>New parameter</h2>
        <a class="quiet" href={hrefOf('configuration')}>
          Close
        </a>
      </div>
      <label>
        Name
        <input
          ref={field}
          value={name}
          placeholder="section.parameter"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setName(currentTarget.value.trim())}
        />
      </label>
      {isWhole && <EditForm section={section} parameter={parameter} view={undefined} />}
    </section>
  )
}
