import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { NodeAnswer, NodesAnswer } from '../answers.ts'
import { type Colors, duration, table } from '../output.ts'

export function registerNodes(program: Command): void {
  agentCommand(program, 'nodes', 'list the live nodes as this agent sees them').action(
    async (options: AgentOptions) => {
      const { client, output } = openSession(options)
      const { nodes } = await client.get<NodesAnswer>('/v1/nodes')
      if (output.json) return output.document(nodes)
      output.line(
        table(
          output.colors,
          ['node', 'state', 'in step', 'silent for', 'heartbeat', 'load', 'tuner', 'address'],
          nodeRows(nodes, output.colors),
        ),
      )
    },
  )
}

export function nodeRows(nodes: readonly NodeAnswer[], colors: Colors): string[][] {
  return nodes.map((node) => [
    `${node.nodeId}${node.coordinator ? colors.yellow(' coordinator') : ''}${node.self ? colors.dim(' (asked)') : ''}`,
    node.state === 'live' ? colors.green('live') : colors.yellow(node.state),
    inStepText(node, colors),
    node.self ? '' : duration(node.silentForMs),
    duration(node.heartbeatIntervalMs),
    `${Math.round(node.load * 100)} %`,
    node.tunerMode,
    node.address,
  ])
}

export function inStepText({ self, inStep }: Pick<NodeAnswer, 'self' | 'inStep'>, colors: Colors): string {
  if (self || inStep === true) return colors.green('yes')
  return inStep === null ? colors.dim('unknown') : colors.yellow('no')
}
