import type { Command } from 'commander'
import { historyPath } from '../agent-client.ts'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { HistoryAnswer, NodesAnswer, TunerAnswer } from '../answers.ts'
import { printable } from '../output.ts'
import { explanationSentences } from '../parameter-explanation.ts'
import { parseParameterName } from '../parameter-name.ts'
import { fetchParameter } from './get.ts'

export function registerExplain(program: Command): void {
  agentCommand(program, 'explain', 'say in sentences why a parameter has its value, and which node lacks it')
    .argument('<name>', 'section.parameter')
    .action(async (word: string, options: AgentOptions) => {
      const session = openSession(options)
      const { client, output } = session
      const name = parseParameterName(word)
      const parameter = await fetchParameter(session, name)
      const [{ history }, { nodes }, tuner] = await Promise.all([
        client.get<HistoryAnswer>(`${historyPath(name.section, name.parameter)}?limit=1`),
        client.get<NodesAnswer>('/v1/nodes'),
        client.get<TunerAnswer>('/v1/tuner?limit=500'),
      ])
      const sentences = explanationSentences({ parameter, newest: history[0], nodes, tuner })
      if (output.json) return output.document({ sentences })
      for (const sentence of sentences) output.line(printable(sentence))
    })
}
