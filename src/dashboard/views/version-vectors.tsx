import { plural } from '../model/format.ts'
import { LAG_STEPS, lagStep, type Matrix, matrixOf } from '../model/matrix.ts'
import { useChanges, useClock, useDashboard } from './hooks.ts'
import { MatrixCanvas } from './matrix-canvas.tsx'
import { Scroll } from './scroll.tsx'

/** Beyond it a table is too large to read, and to draw again with each heartbeat. */
const TABLE_CELLS_MAX = 600
const FURTHEST_MAX = 10

/** Nodes by origins: how much of whose writes each has shown. */
export function VersionVectorsView() {
  const { members } = useDashboard()
  useChanges(members)
  useClock(1_000)
  const matrix = matrixOf(members.views(), members.tops())
  const { nodes, columns } = matrix
  if (columns.length === 0)
    return <p class="empty">Nothing was written in this mesh yet, so that there is nothing to have seen.</p>
  const isTable = nodes.length * columns.length <= TABLE_CELLS_MAX
  return (
    <>
      <p>
        A row is a node, a column an origin, whose number is how often it has written. A cell says how many of these
        updates the node has not shown yet.
      </p>
      <Legend />
      {isTable ? <MatrixTable matrix={matrix} /> : <MatrixCanvas matrix={matrix} />}
      <Furthest matrix={matrix} />
    </>
  )
}

const Legend = () => (
  <ul class="legend" aria-label="Colours">
    {LAG_STEPS.map((text, step) => (
      <li key={text}>
        <span class={`swatch lag-${step}`} /> {text}
      </li>
    ))}
  </ul>
)

function MatrixTable({ matrix }: { readonly matrix: Matrix }) {
  const { nodes, columns } = matrix
  return (
    <Scroll label="Version vectors">
      <table class="matrix">
        <thead>
          <tr>
            <td />
            {columns.map(({ origin, label, top }) => (
              <th key={origin} scope="col" class="number" title={origin}>
                {label} <span class="tag">{top}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {nodes.map(({ nodeId }, row) => (
            <tr key={nodeId}>
              <th scope="row">{nodeId}</th>
              {columns.map(({ origin }, column) => {
                const lag = matrix.lag(row, column)
                return (
                  <td
                    key={origin}
                    class={`number lag-${lagStep(lag)}`}
                    title={`seen up to ${matrix.seen(row, column)}`}
                  >
                    {lag ?? '?'}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function Furthest({ matrix: { nodes } }: { readonly matrix: Matrix }) {
  const behind = nodes.filter(({ lag }) => lag !== 0).sort((a, b) => (b.lag ?? 0) - (a.lag ?? 0))
  return (
    <p class="below" role="status">
      {behind.length === 0
        ? `All ${nodes.length} nodes have shown everything.`
        : `Furthest behind: ${behind
            .slice(0, FURTHEST_MAX)
            .map(({ nodeId, lag }) =>
              lag === undefined ? `${nodeId} (told nothing)` : `${nodeId} (${plural(lag, 'update')})`,
            )
            .join(', ')}.`}
    </p>
  )
}
