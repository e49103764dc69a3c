import { plural } from '../model/format.ts'
import type { NodeView } from '../model/members.ts'

const SIZE = 320
const CENTRE = SIZE / 2
/** Above and below: a name. */
const MARGIN = 26
/** Beyond so many a name beside each would cover its neighbours. */
const NAMED_MAX = 16

/** The nodes on a ring. Shape says the same as colour: full, ring, dashed, crossed out; the coordinator is square. */
export function MeshPicture({ nodes }: { readonly nodes: readonly NodeView[] }) {
  const named = nodes.length <= NAMED_MAX
  const radius = named ? CENTRE - 62 : CENTRE - 16
  const size = Math.min(16, (Math.PI * radius) / nodes.length / 1.4)
  const places = nodes.map((node, i) => {
    const angle = (2 * Math.PI * i) / nodes.length - Math.PI / 2
    return { node, angle, x: CENTRE + radius * Math.cos(angle), y: CENTRE + radius * Math.sin(angle) }
  })
  // An odd number leaves room below, where nobody stands.
  const heights = places.map(({ y }) => y)
  const top = Math.min(...heights) - size - MARGIN
  const bottom = Math.max(...heights, CENTRE + radius - size) + size + MARGIN
  const counts = Object.entries(Object.groupBy(nodes, ({ standing }) => standing))
  const summary = counts.map(([standing, of]) => `${of!.length} ${standing}`).join(', ')
  return (
    <svg
      class="mesh"
      viewBox={`0 ${top} ${SIZE} ${bottom - top}`}
      role="img"
      aria-label={`${plural(nodes.length, 'node')}: ${summary}`}
    >
      <circle class="ring" cx={CENTRE} cy={CENTRE} r={radius} />
      {places.map(({ node, angle, x, y }) => (
        <g key={node.nodeId} class={`node ${node.standing.replace(' ', '-')}`} transform={`translate(${x} ${y})`}>
          <title>{`${node.nodeId}: ${node.standing}`}</title>
          <Shape node={node} size={size} />
          {named && <Label node={node} size={size} angle={angle} />}
        </g>
      ))}
    </svg>
  )
}

function Shape({ node, size }: { readonly node: NodeView; readonly size: number }) {
  const crossed = node.standing === 'gone' || node.standing === 'left'
  return (
    <>
      {node.coordinator ? (
        <rect class="shape" x={-size} y={-size} width={2 * size} height={2 * size} rx={2} />
      ) : (
        <circle class="shape" r={size} />
      )}
      {node.self && <circle class="self" r={size + 4} />}
      {crossed && <path class="cross" d={`M${-size} ${-size}L${size} ${size}M${size} ${-size}L${-size} ${size}`} />}
    </>
  )
}

function Label({ node, size, angle }: { readonly node: NodeView; readonly size: number; readonly angle: number }) {
  const away = size + 9
  const anchor = Math.abs(Math.cos(angle)) < 0.3 ? 'middle' : Math.cos(angle) > 0 ? 'start' : 'end'
  const dx = anchor === 'middle' ? 0 : away * Math.sign(Math.cos(angle))
  const dy = anchor === 'middle' ? (away + 4) * Math.sign(Math.sin(angle)) + 4 : 4
  return (
    <text x={dx} y={dy} text-anchor={anchor}>
      {node.nodeId}
    </text>
  )
}
