import { useState } from 'preact/hooks'
import type { AdjustmentJson, ObjectiveJson, TunerJson } from '../agent/answers.ts'
import { percent, plural, time } from '../model/format.ts'
import { measuredOf } from '../model/tuning.ts'
import { useChanges, useDashboard } from './hooks.ts'
import { Plot } from './plot.tsx'
import { type Column, Table } from './table.tsx'

const MODES: Readonly<Record<TunerJson['mode'], string>> = {
  active: 'This node coordinates and tunes the mesh.',
  observing: 'This node measures; the coordinator tunes.',
  'single-node': 'This node is alone and tunes itself.',
  off: 'It is off.',
}

/** What is measured against which goal, and what the tuner did about it and why. */
export function TunerView() {
  const { tuning } = useDashboard()
  useChanges(tuning)
  const { status, adjustments } = tuning
  const [fault, setFault] = useState<string>()
  if (!status) return <p class="empty">Asking the agent …</p>
  return (
    <>
      <p>{MODES[status.mode]}</p>
      {fault !== undefined && (
        <p class="error" role="alert">
          {fault}
        </p>
      )}
      {status.objectives.length === 0 && (
        <p class="empty">
          It has no objective on this node. Start the agent with <code>--tuner file.json</code>, which names goals and
          the parameters that may be moved.
        </p>
      )}
      {status.objectives.map((objective) => (
        <Objective key={objective.name} objective={objective} onFault={setFault} />
      ))}
      {status.objectives.length > 0 && (
        <FreezeForm frozen={status.objectives.some(({ frozen }) => frozen)} onFault={setFault} />
      )}
      {adjustments.length > 0 && <Adjustments adjustments={adjustments} />}
    </>
  )
}

interface WithFault {
  readonly onFault: (fault: string | undefined) => void
}

function useTunerCall(onFault: WithFault['onFault']) {
  const { api } = useDashboard()
  return (call: 'release' | 'freeze', body: object) => {
    onFault(undefined)
    api.send('POST', `/v1/tuner/${call}`, body).catch((cause: Error) => onFault(cause.message))
  }
}

function Objective({ objective, onFault }: { readonly objective: ObjectiveJson } & WithFault) {
  const { name, strategy, note, frozen, trial, goals } = objective
  return (
    <section class="card objective" aria-label={`Objective ${name}`}>
      <div class="title">
        <h2>
          {name} <span class="tag">{strategy}</span>
          {frozen && <span class="tag strong">frozen</span>}
        </h2>
      </div>
      <p>{note}</p>
      {trial && (
        <p>
          On trial: {trial.parameter} from {trial.oldValue} to {trial.newValue}, for {plural(trial.windows, 'window')}.
        </p>
      )}
      {goals.map((goal) => (
        <Goal key={goal.metric} objective={name} goal={goal} />
      ))}
      <Tunables objective={objective} onFault={onFault} />
    </section>
  )
}

type GoalJson = ObjectiveJson['goals'][number]

const unitOf = (metric: string): string => (metric.endsWith('_ms') ? 'ms' : '')

function wanted({ metric, p95AtMost, rateAtLeast, raise }: GoalJson): string {
  if (p95AtMost !== null) return `95 of 100 at most ${p95AtMost} ${unitOf(metric)}`
  return rateAtLeast !== null
    ? `a rate of at least ${percent(rateAtLeast)}`
    : `as much ${raise} as the other goals allow`
}

const STANDINGS: Readonly<Record<GoalJson['standing'], string>> = {
  missed: 'missed',
  met: 'met',
  easy: 'met with room to spare',
  unknown: 'too few samples to judge',
}

function Goal({ objective, goal }: { readonly objective: string; readonly goal: GoalJson }) {
  const { tuning } = useDashboard()
  const points = tuning.points(objective, goal.metric)
  const marks = tuning.adjustments
    .filter((one) => one.objective === objective)
    .map(({ at, parameter, oldValue, newValue }) => ({ at, label: `${parameter}: ${oldValue} to ${newValue}` }))
  const now = measuredOf(goal)
  const said = now === null ? 'nothing measured' : `${Number(now.toPrecision(3))} ${unitOf(goal.metric)}`
  return (
    <div>
      <p>
        <strong>{goal.metric}</strong>: wanted {wanted(goal)}; last window {said},{' '}
        <span class={`goal ${goal.standing}`}>{STANDINGS[goal.standing]}</span>
      </p>
      {points.length > 0 && (
        <Plot
          label={`${goal.metric} over time, ${points.length} windows, the last one ${said}; ${marks.length} adjustments`}
          series={[{ name: goal.metric, points }]}
          unit={unitOf(goal.metric)}
          goal={goal.p95AtMost ?? goal.rateAtLeast ?? undefined}
          marks={marks}
        />
      )}
    </div>
  )
}

const TUNABLE_COLUMNS: readonly Column[] = [
  { title: 'Parameter' },
  { title: 'Value', number: true },
  { title: 'Bounds', number: true },
  { title: 'Left alone because' },
]

function Tunables({ objective: { name, parameters }, onFault }: { readonly objective: ObjectiveJson } & WithFault) {
  const call = useTunerCall(onFault)
  return (
    <Table label={`Parameters of ${name}`} columns={TUNABLE_COLUMNS}>
      {parameters.map(({ parameter, value, min, max, held, owner }) => (
        <tr key={parameter}>
          <th scope="row">{parameter}</th>
          <td class="number">{value}</td>
          <td class="number">
            {min} to {max}
          </td>
          <td class="wrap">
            {held}{' '}
            {held !== null && owner !== null && (
              <button type="button" class="second" onClick={() => call('release', { parameter })}>
                Release {parameter}
              </button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  )
}

function FreezeForm({ frozen, onFault }: { readonly frozen: boolean } & WithFault) {
  const call = useTunerCall(onFault)
  const [reason, setReason] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    call('freeze', reason.trim() === '' ? {} : { reason: reason.trim() })
    setReason('')
  }
  return (
    <form class="bar" onSubmit={submit}>
      <label class="grow">
        Why everything should stay as it is
        <input value={reason} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
      </label>
      <button type="submit" class="danger">
        Freeze
      </button>
      {frozen && (
        <button type="button" onClick={() => call('release', {})}>
          Let it go on
        </button>
      )}
    </form>
  )
}

const ADJUSTMENT_COLUMNS: readonly Column[] = [
  { title: 'When' },
  { title: 'Parameter' },
  { title: 'From', number: true },
  { title: 'To', number: true },
  { title: 'Why' },
]

const Adjustments = ({ adjustments }: { readonly adjustments: readonly AdjustmentJson[] }) => (
  <Table label="Adjustments, the newest first" columns={ADJUSTMENT_COLUMNS}>
    {adjustments.map(({ at, kind, section, parameter, oldValue, newValue, reason, nodeId }) => (
      <tr key={`${at} ${section}.${parameter}`}>
        <td>{time(at)}</td>
        <th scope="row">
          {section}.{parameter}
          {kind === 'revert' && <span class="tag strong">taken back</span>}
        </th>
        <td class="number">{oldValue}</td>
        <td class="number">{newValue}</td>
        <td class="wrap">
          {reason} <span class="note">{nodeId}</span>
        </td>
      </tr>
    ))}
  </Table>
)
