import type { Command } from 'commander'
import { type AgentOptions, type AgentSession, agentCommand, openSession } from '../agent-command.ts'
import type { TunerAnswer } from '../answers.ts'
import { positiveIntegerOption } from '../options.ts'
import { printable, table } from '../output.ts'
import { nameText, parseParameterName } from '../parameter-name.ts'
import { adjustmentLine, explanationLines, goalText, measuredText, standingText } from '../tuner-text.ts'

interface HistoryOptions extends AgentOptions {
  readonly limit: number
}

interface FreezeOptions extends AgentOptions {
  readonly reason?: string
}

const LIMIT_DEFAULT = 20

export function registerTuner(program: Command): void {
  const tuner = program.command('tuner').description('what the AutoTuner measures, moved, and leaves alone')
  agentCommand(tuner, 'status', 'goals, what was measured, and where each parameter stands').action(
    async (options: AgentOptions) => status(openSession(options)),
  )
  agentCommand(tuner, 'history', 'list adjustments, the newest first, with their reasons')
    .option('--limit <n>', 'at most so many', positiveIntegerOption, LIMIT_DEFAULT)
    .action(async (options: HistoryOptions) => history(openSession(options), options.limit))
  agentCommand(tuner, 'explain', 'say in sentences what the tuner does, and why')
    .argument('[name]', 'section.parameter; else every objective')
    .action(async (word: string | undefined, options: AgentOptions) => explain(openSession(options), word))
  agentCommand(tuner, 'release', 'let the tuner move a parameter that a person set, or go on after it froze')
    .argument('[name]', 'section.parameter; else every frozen objective')
    .action(async (word: string | undefined, options: AgentOptions) => release(openSession(options), word))
  agentCommand(tuner, 'freeze', 'leave every tuned parameter where it is until it is released')
    .option('--reason <text>', 'why, for people')
    .action(async (options: FreezeOptions) => freeze(openSession(options), options.reason))
}

const tunerOf = ({ client }: AgentSession, limit = 1): Promise<TunerAnswer> =>
  client.get<TunerAnswer>(`/v1/tuner?limit=${limit}`)

async function status(session: AgentSession): Promise<void> {
  const { output } = session
  const answer = await tunerOf(session)
  if (output.json) return output.document(answer)
  const { colors } = output
  output.line(`tuner ${colors.bold(answer.mode)}, reign ${answer.epoch}, windows of ${answer.windowMs / 1000} s`)
  for (const { name, strategy, note, goals, parameters } of answer.objectives) {
    output.line('')
    output.line(`${colors.cyan(printable(name))} (${printable(strategy)}): ${printable(note)}`)
    const goalRows = goals.map((goal) => [goalText(goal), measuredText(goal), standingText(goal.standing, colors)])
    output.line(table(colors, ['goal', 'measured', 'stands'], goalRows))
    const rows = parameters.map(({ parameter, value, min, max, held }) => [
      printable(parameter),
      value === null ? '(none)' : String(value),
      `${min} … ${max}`,
      printable(held ?? ''),
    ])
    output.line(table(colors, ['parameter', 'value', 'bounds', 'left alone'], rows))
  }
}

async function history(session: AgentSession, limit: number): Promise<void> {
  const { output } = session
  const { adjustments, total } = await tunerOf(session, limit)
  if (output.json) return output.document(adjustments)
  if (total === 0) return output.notice('No adjustment since this agent started.')
  for (const adjustment of adjustments) output.line(adjustmentLine(adjustment, output.colors))
  if (adjustments.length < total) output.notice(`${adjustments.length} of ${total}`)
}

async function explain(session: AgentSession, word: string | undefined): Promise<void> {
  const { output } = session
  const name = word === undefined ? undefined : nameText(parseParameterName(word))
  const answer = await tunerOf(session, 500)
  const lines = explanationLines(answer, name)
  if (output.json) return output.document({ sentences: lines })
  for (const line of lines) output.line(printable(line))
}

async function release(session: AgentSession, word: string | undefined): Promise<void> {
  const parameter = word === undefined ? undefined : nameText(parseParameterName(word))
  const answer = await session.client.post('/v1/tuner/release', { parameter })
  if (session.output.json) return session.output.document(answer)
  session.output.line(parameter === undefined ? 'the tuner goes on' : `${parameter} is the tuner's`)
}

async function freeze(session: AgentSession, reason: string | undefined): Promise<void> {
  const answer = await session.client.post('/v1/tuner/freeze', { reason })
  if (session.output.json) return session.output.document(answer)
  session.output.line('the tuner leaves everything where it is; let it go on with: configsync tuner release')
}
