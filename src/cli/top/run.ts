import { setTimeout as delay } from 'node:timers/promises'
import type { AgentSession } from '../agent-command.ts'
import { followChanges } from '../change-feed.ts'
import { readKeys } from '../demo/keys.ts'
import { CommandFailure, errorText } from '../failure.ts'
import { Terminal } from '../terminal.ts'
import { type Look, Looker } from './look.ts'
import { plainTop, renderTop, type TopView } from './screen.ts'

/** Changes from before that the first look shows. */
const PAST_CHANGES = 20
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A look below the other, or one. With --json each is a line. An agent that stops answering is told, and looked for. */
export async function runTopPlain(session: AgentSession, intervalMs: number, once: boolean): Promise<void> {
  const { output } = session
  await whileWatching(session, async (looker, look, ending) => {
    for (let view: TopView = { look, lost: undefined }; !ending.aborted; view = await nextView(looker, view)) {
      const answer = { ...view.look, lost: view.lost ?? null }
      if (output.json && once) output.document(answer)
      else if (output.json) output.event(answer)
      else for (const line of plainTop(view, output.colors)) output.line(line)
      if (once) return
      await delay(intervalMs, undefined, { signal: ending }).catch(() => {})
      if (!ending.aborted && !output.json) output.line('')
    }
  })
}

/** What a person sits at. */
export type Console = Pick<NodeJS.Process, 'stdin' | 'stdout'>

/** The live screen, until its user quits. An agent that stops answering is told, and looked for. */
export async function runTop(session: AgentSession, intervalMs: number, at: Console = process): Promise<void> {
  const terminal = new Terminal(at.stdout)
  await whileWatching(session, async (looker, look, ending) => {
    const quitting = new AbortController()
    const ended = AbortSignal.any([ending, quitting.signal])
    let view: TopView = { look, lost: undefined }
    const draw = () => terminal.draw(renderTop(view, terminal.size, session.output.colors))
    terminal.enter()
    terminal.onResize(draw)
    const stopKeys = readKeys(at.stdin, (action) => action === 'quit' && quitting.abort())
    try {
      while (!ended.aborted) {
        draw()
        await delay(intervalMs, undefined, { signal: ended }).catch(() => {})
        if (!ended.aborted) view = await nextView(looker, view)
      }
    } finally {
      stopKeys()
      terminal.leave()
    }
  })
}

async function nextView(looker: Looker, view: TopView): Promise<TopView> {
  try {
    return { look: await looker.look(), lost: undefined }
  } catch (error) {
    const reason = error instanceof CommandFailure ? error.view.detail : errorText(error)
    const look = { ...view.look, at: Date.now() }
    return { look, lost: { reason, sinceMs: view.lost?.sinceMs ?? view.look.at } }
  }
}

/** Follows the agent's changes from a little before the first look, until `use` is done or a signal comes. */
async function whileWatching(
  session: AgentSession,
  use: (looker: Looker, first: Look, ending: AbortSignal) => Promise<void>,
): Promise<void> {
  const ending = new AbortController()
  const end = () => ending.abort()
  for (const signal of SIGNALS) process.once(signal, end)
  try {
    const looker = new Looker(session)
    const { status } = await looker.look()
    const lastEventId = `${status.runId}:${Math.max(0, status.revision - PAST_CHANGES)}`
    const feed = followChanges(session.client, { signal: ending.signal, lastEventId })
    for (let told = await feed.next(); !told.done; told = await feed.next()) {
      looker.note(told.value)
      if (told.value.event === 'ready') break
    }
    void follow(feed, looker)
    await use(looker, await looker.look(), ending.signal)
  } finally {
    end()
    for (const signal of SIGNALS) process.off(signal, end)
  }
}

async function follow(feed: ReturnType<typeof followChanges>, looker: Looker): Promise<void> {
  try {
    for await (const event of feed) looker.note(event)
  } catch {
    // An agent that refuses the stream from now on is told by the next look.
  }
}
