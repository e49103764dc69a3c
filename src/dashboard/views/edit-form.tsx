import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { ParameterJson } from '../agent/answers.ts'
import { Refused } from '../agent/api.ts'
import type { Draft } from '../model/drafts.ts'
import { kindOf, textOf } from '../model/value-text.ts'
import { useDashboard } from './hooks.ts'

interface EditFormProps {
  readonly section: string
  readonly parameter: string
  readonly view: ParameterJson | undefined
}

/** What an agent says about a change that it refuses, at the field that it is about. */
interface Fault {
  readonly field: 'value' | 'priority' | 'reason' | 'form'
  readonly text: string
}

function faultOf(cause: unknown): Fault {
  if (!(cause instanceof Refused)) return { field: 'form', text: `The agent cannot be reached: ${String(cause)}` }
  const text = `${cause.message}. ${cause.hint}`
  if (cause.code === 'PRIORITY_INVALID') return { field: 'priority', text }
  if (cause.code === 'REASON_TOO_LONG') return { field: 'reason', text }
  if (cause.code === 'REQUEST_INVALID') return { field: /priority/.test(cause.message) ? 'priority' : 'form', text }
  return { field: cause.status === 422 || cause.status === 413 ? 'value' : 'form', text }
}

/** A new value. The agent judges it by the schema; the page has no second judgement. */
export function EditForm({ section, parameter, view }: EditFormProps) {
  const dashboard = useDashboard()
  const { drafts } = dashboard
  const [text, setText] = useState(() => (view && !view.deleted ? textOf(view.value) : ''))
  const [priority, setPriority] = useState('')
  const [reason, setReason] = useState('')
  const [fault, setFault] = useState<Fault>()
  const [busy, setBusy] = useState(false)
  const draft = (value: string | undefined): Draft => ({ section, parameter, text: value, priority, reason })
  const publish = async (value: string | undefined) => {
    setBusy(true)
    setFault(undefined)
    await dashboard.publish(draft(value)).catch((cause) => setFault(faultOf(cause)))
    setBusy(false)
  }
  const submit = (event: Event) => {
    event.preventDefault()
    void publish(text)
  }
  return (
    <form onSubmit={submit} noValidate>
      <Field
        label="New value"
        fault={fault?.field === 'value' ? fault.text : undefined}
        hint={`Sent as ${kindOf(text)}.`}
      >
        {(attributes) => (
          <textarea
            {...attributes}
            rows={text.length > 60 ? 6 : 2}
            spellcheck={false}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        )}
      </Field>
      <Field label="Reason" fault={fault?.field === 'reason' ? fault.text : undefined}>
        {(attributes) => (
          <input {...attributes} value={reason} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
        )}
      </Field>
      <Field
        label="Priority"
        fault={fault?.field === 'priority' ? fault.text : undefined}
        hint="Decides among concurrent writes. Empty: as declared, else 0."
      >
        {(attributes) => (
          <input
            {...attributes}
            inputMode="numeric"
            value={priority}
            onInput={({ currentTarget }) => setPriority(currentTarget.value)}
          />
        )}
      </Field>
      {fault?.field === 'form' && (
        <p class="error" role="alert">
          {fault.text}
        </p>
      )}
      <FormActions
        busy={busy}
        onAdd={() => drafts.put(draft(text))}
        onDelete={view && !view.deleted ? () => void publish(undefined) : undefined}
      />
    </form>
  )
}

interface FormActionsProps {
  readonly busy: boolean
  readonly onAdd: () => void
  /** undefined: there is nothing to delete */
  readonly onDelete: (() => void) | undefined
}

const FormActions = ({ busy, onAdd, onDelete }: FormActionsProps) => (
  <div class="actions">
    <button type="submit" disabled={busy}>
      Publish
    </button>
    <button type="button" class="second" disabled={busy} onClick={onAdd}>
      Add to changes
    </button>
    {onDelete && (
      <button type="button" class="danger" disabled={busy} onClick={onDelete}>
        Delete
      </button>
    )}
  </div>
)

interface FieldProps {
  readonly label: string
  readonly fault: string | undefined
  readonly hint?: string
  readonly children: (attributes: {
    readonly id: string
    readonly 'aria-describedby': string
    readonly 'aria-invalid': boolean
  }) => ComponentChildren
}

/** A labelled field with what is said about it, read out together. */
function Field({ label, fault, hint, children }: FieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-said`, 'aria-invalid': fault !== undefined })}
      <div id={`${id}-said`}>
        {fault !== undefined && (
          <p class="error" role="alert">
            {fault}
          </p>
        )}
        {hint !== undefined && <p class="note">{hint}</p>}
      </div>
    </div>
  )
}
