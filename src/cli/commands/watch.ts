import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import { type FeedChange, type FeedEvent, followChanges } from '../change-feed.ts'
import { positiveIntegerOption } from '../options.ts'
import { type Colors, type Output, printable, shortValue } from '../output.ts'
import { nameText, parseSelection } from '../parameter-name.ts'

interface WatchOptions extends AgentOptions {
  readonly count?: number
  readonly since?: string
}

export function registerWatch(program: Command): void {
  agentCommand(program, 'watch', 'print changes as they happen, until Ctrl-C')
    .argument('[name]', 'only this section, or section.parameter')
    .option('--count <n>', 'end after n changes', positiveIntegerOption)
    .option('--since <id>', 'go on after the event with this id (see --json), without a gap')
    .addHelpText(
      'after',
      '\nWith --json one line per event: { "event": "ready" | "change" | "reset", "id", "revision", … }.',
    )
    .action(async (name: string | undefined, options: WatchOptions) => {
      const { client, output } = openSession(options)
      const ending = new AbortController()
      const end = () => ending.abort()
      process.once('SIGINT', end).once('SIGTERM', end)
      try {
        const losses = new Losses(output)
        const onLost = (reason: string) => losses.tell(reason)
        const resume = options.since === undefined ? {} : { lastEventId: options.since }
        const feed = followChanges(client, { ...parseSelection(name), ...resume, signal: ending.signal, onLost })
        await print(feed, output, options.count ?? Number.POSITIVE_INFINITY, () => losses.over())
      } finally {
        ending.abort()
        process.off('SIGINT', end).off('SIGTERM', end)
      }
    })
}

/** Each try to connect fails for the same reason until the agent is back: it is told once. */
export class Losses {
  readonly #output: Pick<Output, 'notice'>
  #told: string | undefined

  constructor(output: Pick<Output, 'notice'>) {
    this.#output = output
  }

  tell(reason: string): void {
    if (reason !== this.#told) this.#output.notice(`lost the agent (${printable(reason)}); reconnecting`)
    this.#told = reason
  }

  over(): void {
    if (this.#told !== undefined) this.#output.notice('the agent is back')
    this.#told = undefined
  }
}

async function print(
  feed: AsyncIterable<FeedEvent>,
  output: Output,
  countMax: number,
  onEvent: () => void,
): Promise<void> {
  let count = 0
  for await (const event of feed) {
    onEvent()
    if (output.json) output.event(event)
    else for (const line of eventLines(event, output.colors)) output.line(line)
    if (event.event === 'change' && ++count >= countMax) return
  }
}

/** An event as people read it. */
export function eventLines(event: FeedEvent, colors: Colors): string[] {
  if (event.event === 'ready') return []
  if (event.event === 'reset') {
    const count = Object.values(event.config).reduce((sum, section) => sum + Object.keys(section).length, 0)
    return [
      `${timeText(Date.now(), colors)} ${colors.yellow('reset')}: what was missed cannot be told one by one; ${count === 1 ? '1 parameter is' : `${count} parameters are`} set now`,
    ]
  }
  return event.changes.map((change) => changeLine(change, Date.now(), colors))
}

/** @param atMs when it was told */
export function changeLine(change: FeedChange, atMs: number, colors: Colors): string {
  const { update } = change
  const reason = update.reason ? colors.dim(` (${printable(update.reason)})`) : ''
  const name = colors.cyan(printable(nameText(change)))
  return `${timeText(atMs, colors)} ${name}  ${valueText(change, colors)}  ${colors.dim(`by ${update.nodeId}`)}${reason}`
}

const timeText = (atMs: number, colors: Colors): string => colors.dim(new Date(atMs).toISOString().slice(11, 23))

/** A deleted parameter that is declared has its default again. */
function valueText({ deleted, value, previous }: FeedChange, colors: Colors): string {
  if (deleted && value === null) return colors.red('deleted')
  const before = deleted ? colors.red('deleted') : shortValue(previous)
  return `${before} → ${colors.bold(shortValue(value))}`
}
