import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { VectorAnswer, VersionVectorsAnswer } from '../answers.ts'
import { type Colors, table } from '../output.ts'
import { inStepText } from './nodes.ts'

/** What a row shows: an agent's answer, or a node's own word. */
export type VectorRow = Pick<VectorAnswer, 'self' | 'inStep' | 'versionVector'> & { readonly nodeId: string }
type Vector = Readonly<Record<string, number>>

export function registerVv(program: Command): void {
  agentCommand(program, 'vv', 'show who has seen what: version vectors, one row a node, one column an origin')
    .addHelpText(
      'after',
      "\nA number says that every update up to it was seen; -2 behind it, that two are lacking, the more the hotter its colour. Others' rows are what they told last.",
    )
    .action(async (options: AgentOptions) => {
      const { client, output } = openSession(options)
      const { vectors } = await client.get<VersionVectorsAnswer>('/v1/version-vectors')
      if (output.json) return output.document(vectors)
      const { head, rows } = vectorTable(vectors, output.colors)
      output.line(table(output.colors, head, rows))
      if (output.colors.isColorSupported) output.notice(legend(output.colors))
    })
}

/** Rows of nodes, columns of origins, each cell how far that node has seen that origin and how much it lacks of the furthest. */
export function vectorTable(nodes: readonly VectorRow[], colors: Colors): { head: string[]; rows: string[][] } {
  const furthest = new Map<string, number>()
  for (const { versionVector } of nodes) {
    for (const [origin, n] of Object.entries(versionVector ?? {}))
      furthest.set(origin, Math.max(n, furthest.get(origin) ?? 0))
  }
  const origins = [...furthest.keys()].sort()
  const own = nodes.find(({ self }) => self)?.versionVector ?? {}
  const titles = shortOrigins(origins)
  const rows = nodes.map((node) => [
    `${node.nodeId}${node.self ? colors.dim(' (asked)') : ''}`,
    ...origins.map((origin) => cell(vectorOf(node, own), origin, furthest.get(origin)!, colors)),
    inStepText(node, colors),
  ])
  return { head: ['node', ...titles, 'in step'], rows }
}

/** What a node has seen, as far as it is known: who is in step has seen exactly what the asked node has. */
const vectorOf = ({ inStep, versionVector }: VectorRow, own: Vector): Vector | undefined =>
  versionVector ?? (inStep === true ? own : undefined)

function cell(vector: Vector | undefined, origin: string, furthest: number, colors: Colors): string {
  if (vector === undefined) return colors.dim('?')
  const seen = vector[origin] ?? 0
  const lag = furthest - seen
  return heat(lag, colors)(lag === 0 ? String(seen) : `${seen} -${lag}`)
}

/** How far behind, as colour: the further, the hotter. A terminal without colours has the number. */
function heat(lag: number, colors: Colors): (text: string) => string {
  if (lag === 0) return colors.green
  const shade = lag < 10 ? colors.bgYellow : lag < 100 ? colors.bgMagenta : colors.bgRed
  return (text) => shade(colors.black(text))
}

/** What the colours mean, for a terminal that has them. */
function legend(colors: Colors): string {
  const steps = [0, 1, 10, 100].map((lag) => heat(lag, colors)(lag === 0 ? 'nothing' : `${lag} or more`))
  return `${colors.dim('lacks')} ${steps.join(' ')}`
}

/** An origin is shown by its node's name; by a piece of its incarnation too where a node has more than one. */
export function shortOrigins(origins: readonly string[]): string[] {
  const names = origins.map((origin) => origin.slice(0, -17))
  return origins.map((origin, i) => {
    const unique = names.filter((name) => name === names[i]).length === 1
    return unique ? names[i]! : `${names[i]}~${origin.slice(-16, -12)}`
  })
}
