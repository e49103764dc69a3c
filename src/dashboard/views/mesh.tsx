import { duration, percent, plural } from '../model/format.ts'
import type { NodeView, Standing } from '../model/members.ts'
import { useCell, useChanges, useClock, useDashboard } from './hooks.ts'
import { MeshPicture } from './mesh-picture.tsx'
import { PropagationCard } from './propagation-card.tsx'
import { type Column, Table } from './table.tsx'

/** Who is there, who has what, and how soon everybody does. */
export function MeshView() {
  const { members, status } = useDashboard()
  useChanges(members)
  useClock(1_000)
  const view = useCell(status)
  const nodes = members.views()
  if (nodes.length === 0) return <p class="empty">Asking the agent who is in the mesh …</p>
  return (
    <>
      <Verdict nodes={nodes} />
      <div class="columns">
        <section class="card" aria-label="Picture of the mesh">
          <MeshPicture nodes={nodes} />
          <p class="note">Square: the coordinator. In a ring: this agent.</p>
        </section>
        <PropagationCard />
      </div>
      {nodes.length === 1 && (
        <p class="empty">
          This node is alone. Start another one with <code>configsync agent --join {view?.address ?? 'host:port'}</code>
        </p>
      )}
      <NodesTable nodes={nodes} />
    </>
  )
}

/** What somebody who is woken at night wants first. */
function Verdict({ nodes }: { readonly nodes: readonly NodeView[] }) {
  const troubled = nodes.filter(({ standing }) => TROUBLE.has(standing))
  const live = nodes.filter(({ standing }) => standing !== 'gone' && standing !== 'left')
  const foreign = nodes.filter(({ sameDeclarations }) => !sameDeclarations)
  return (
    <p class={`verdict ${troubled.length > 0 ? 'bad' : 'good'}`} role="status">
      {troubled.length === 0
        ? `${live.length === 1 ? 'The only node has' : `All ${live.length} nodes have`} everything.`
        : `${troubled.map(troubleOf).join('; ')}.`}
      {foreign.length > 0 && ` Another schema than on this node: ${foreign.map(({ nodeId }) => nodeId).join(', ')}.`}
    </p>
  )
}

const TROUBLE: ReadonlySet<Standing> = new Set(['behind', 'suspected', 'gone'])

function troubleOf({ nodeId, standing, lag, behindForMs, silentForMs }: NodeView): string {
  if (standing === 'behind')
    return `${nodeId} lacks ${plural(lag ?? 0, 'update')}, the oldest for ${duration(behindForMs)}`
  return standing === 'gone'
    ? `${nodeId} has been gone for ${duration(silentForMs)}`
    : `${nodeId} has been silent for ${duration(silentForMs)}`
}

const COLUMNS: readonly Column[] = [
  { title: 'Node' },
  { title: 'State' },
  { title: 'Lacks', number: true },
  { title: 'Since', number: true },
  { title: 'Last heard', number: true },
  { title: 'Load', number: true },
  { title: 'Address' },
]

function NodesTable({ nodes }: { readonly nodes: readonly NodeView[] }) {
  return (
    <Table label="Table of nodes" columns={COLUMNS}>
      {nodes.map((node) => (
        <NodeRow key={node.nodeId} node={node} />
      ))}
    </Table>
  )
}

function NodeRow({ node }: { readonly node: NodeView }) {
  const { nodeId, self, coordinator, standing, lag, behindForMs, silentForMs, load, address } = node
  const absent = standing === 'gone' || standing === 'left'
  return (
    <tr data-node={nodeId} data-standing={standing}>
      <th scope="row">
        {nodeId}
        {self && <span class="tag">this agent</span>}
        {coordinator && <span class="tag strong">coordinator</span>}
      </th>
      <td>
        <span class={`standing ${standing.replace(' ', '-')}`}>{standing}</span>
      </td>
      <td class="number">{absent || lag === undefined ? '' : lag === 0 ? '0' : plural(lag, 'update')}</td>
      <td class="number">{lag ? duration(behindForMs) : ''}</td>
      <td class="number">{self ? '' : `${duration(silentForMs)} ago`}</td>
      <td class="number">{absent ? '' : percent(load)}</td>
      <td>{address}</td>
    </tr>
  )
}
