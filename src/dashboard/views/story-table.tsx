import { useState } from 'preact/hooks'
import { valueLabel } from '#observe/space-time/label'
import { markId, type SpaceTime } from '#observe/space-time/model'
import type { HistoryJson } from '../agent/answers.ts'
import { time } from '../model/format.ts'
import { useDashboard } from './hooks.ts'
import { type Column, Table } from './table.tsx'

interface StoryTableProps {
  readonly section: string
  readonly parameter: string
  readonly history: readonly HistoryJson[]
  readonly diagram: SpaceTime
}

const COLUMNS: readonly Column[] = [
  { title: 'Update' },
  { title: 'Value' },
  { title: 'Written' },
  { title: 'Now it' },
  { title: 'What happened' },
  { title: 'Action', hidden: true },
]

/** The same in rows, the newest first: what was replaced, what lost, and the way back to each value. */
export function StoryTable({ section, parameter, history, diagram }: StoryTableProps) {
  const dashboard = useDashboard()
  const [fault, setFault] = useState<string>()
  const fates = new Map(diagram.marks.map(({ id, fate }) => [id, fate]))
  const again = ({ id, update }: HistoryJson) => {
    setFault(undefined)
    const reason = `again: ${valueLabel(update)} of ${id}`
    dashboard.publishAgain(section, parameter, id, reason).catch((cause: Error) => setFault(cause.message))
  }
  return (
    <>
      {fault !== undefined && (
        <p class="error" role="alert">
          {fault}
        </p>
      )}
      <Table label="History" columns={COLUMNS}>
        {history.map((record) => {
          const fate = fates.get(markId(record.update)) ?? 'replaced'
          return (
            <tr key={record.id} data-update={record.id}>
              <th scope="row">{record.id}</th>
              <td>
                <code>{valueLabel(record.update)}</code>
              </td>
              <td>{time(record.update.timestamp[0])}</td>
              <td>
                <span class={`fate ${fate}`}>{fate === 'replaced' ? 'is replaced' : fate}</span>
              </td>
              <td class="wrap">
                {record.explanation}
                {record.update.reason !== null && <em class="note"> “{record.update.reason}”</em>}
              </td>
              <td>
                {fate !== 'stands' && (
                  <button
                    type="button"
                    class="second"
                    aria-label={`Publish again: ${record.id}`}
                    onClick={() => again(record)}
                  >
                    Publish again
                  </button>
                )}
              </td>
            </tr>
          )
        })}
      </Table>
    </>
  )
}
