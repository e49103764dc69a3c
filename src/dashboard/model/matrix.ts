import { nodeOfOrigin } from './format.ts'
import type { NodeView } from './members.ts'

/** Who has seen how much of whom. */
export interface Matrix {
  readonly nodes: readonly NodeView[]
  readonly columns: readonly { readonly origin: string; readonly label: string; readonly top: number }[]
  /** updates of the column's origin that the row's node has not shown; undefined: it has told nothing */
  lag(row: number, column: number): number | undefined
  /** how much of the column's origin the row's node has shown */
  seen(row: number, column: number): number
}

/** Live nodes by origins, both in the order of names; an origin that nobody has shown anything of is none. */
export function matrixOf(views: readonly NodeView[], tops: ReadonlyMap<string, number>): Matrix {
  const nodes = views.filter(({ standing }) => standing !== 'gone' && standing !== 'left')
  const origins = [...tops.keys()].sort()
  const incarnations = Map.groupBy(origins, nodeOfOrigin)
  const columns = origins.map((origin) => {
    const node = nodeOfOrigin(origin)
    const several = incarnations.get(node)!.length > 1
    return {
      origin,
      label: several ? `${node}~${origin.slice(node.length + 1, node.length + 5)}` : node,
      top: tops.get(origin)!,
    }
  })
  const seen = (row: number, column: number) => nodes[row]!.vector?.[columns[column]!.origin] ?? 0
  return {
    nodes,
    columns,
    seen,
    lag: (row, column) => (nodes[row]!.vector === undefined ? undefined : columns[column]!.top - seen(row, column)),
  }
}

/** Steps of the colour scale: none, few, some, many, very many. */
export function lagStep(lag: number | undefined): 0 | 1 | 2 | 3 | 4 {
  if (lag === undefined) return 4
  if (lag === 0) return 0
  return lag < 3 ? 1 : lag < 10 ? 2 : lag < 100 ? 3 : 4
}

export const LAG_STEPS = ['0', '1–2', '3–9', '10–99', '100 or more, or nothing told'] as const
