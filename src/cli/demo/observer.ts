import type { UpdateAnswer } from '../answers.ts'
import { type FeedChange, type FeedEvent, followChanges } from '../change-feed.ts'
import { failure } from '../failure.ts'
import type { ParameterName } from '../parameter-name.ts'
import type { DemoNode } from './cluster.ts'

/** Updates whose arrivals are remembered; older ones nobody waits for. */
const DOTS_MAX = 4_096

type Dot = Pick<UpdateAnswer, 'origin' | 'sequence'>
const dotKey = ({ origin, sequence }: Dot): string => `${origin}#${sequence}`

/** Told after each event of a node, with the parameters whose update no other node had told of before. */
type OnChange = (node: DemoNode, fresh: readonly ParameterName[]) => void

/** When each node told of one update, by this process's clock. */
type Arrivals = Map<string, number>

/**
 * Watches every agent as any program would (server-sent events) and notes, on the one clock of this process, when each
 * of them tells of an update.
 */
export class Observer {
  readonly #arrivals = new Map<string, Arrivals>()
  readonly #waiting = new Set<() => void>()
  readonly #streams = new Map<string, AbortController>()
  readonly #onChange: OnChange
  readonly #ending: AbortSignal

  /** @param ending closes the watches and ends all waiting, so that nothing keeps the process alive */
  constructor(ending: AbortSignal, onChange: OnChange = () => {}) {
    this.#onChange = onChange
    this.#ending = ending
    ending.addEventListener('abort', () => this.#close(), { once: true })
  }

  /** Resolves when the watch stands: from then on nothing is missed. */
  async follow(node: DemoNode): Promise<void> {
    this.unfollow(node)
    const stream = new AbortController()
    this.#streams.set(node.nodeId, stream)
    const feed = followChanges(node.client, { signal: stream.signal })
    await feed.next()
    void this.#take(node, feed, stream.signal)
  }

  unfollow(node: DemoNode): void {
    this.#streams.get(node.nodeId)?.abort()
    this.#streams.delete(node.nodeId)
  }

  /**
   * When each of `nodes` told of the update, as `performance.now()`.
   * @throws DEMO_FAILED, naming the nodes that have not by `deadlineMs` from now
   */
  async arrivals(dot: Dot, nodes: readonly DemoNode[], deadlineMs: number): Promise<ReadonlyMap<string, number>> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const known: Arrivals = this.#arrivals.get(dotKey(dot)) ?? new Map()
      const missing = nodes.filter((node) => !known.has(node.nodeId))
      if (missing.length === 0) return known
      this.#ending.throwIfAborted()
      const leftMs = deadline - performance.now()
      if (leftMs <= 0)
        throw failure(
          'DEMO_FAILED',
          `not told of ${dotKey(dot)} in time by ${missing.map((node) => node.nodeId).join(', ')}`,
        )
      await this.#news(leftMs)
    }
  }

  async #take(node: DemoNode, feed: AsyncGenerator<FeedEvent>, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of feed) {
        const fresh = event.event === 'change' ? this.#note(node, event.changes) : []
        if (!signal.aborted) this.#onChange(node, fresh)
      }
    } catch {
      // The agent was killed in the middle of its answer; whoever brings it back follows it again.
    }
  }

  #note(node: DemoNode, changes: readonly FeedChange[]): FeedChange[] {
    const now = performance.now()
    const fresh = changes.filter(({ update }) => !this.#arrivals.has(dotKey(update)))
    for (const { update } of changes) {
      const arrivals: Arrivals = this.#arrivals.get(dotKey(update)) ?? new Map()
      if (!arrivals.has(node.nodeId)) arrivals.set(node.nodeId, now)
      this.#arrivals.set(dotKey(update), arrivals)
      if (this.#arrivals.size > DOTS_MAX) this.#arrivals.delete(this.#arrivals.keys().next().value!)
    }
    for (const wake of [...this.#waiting]) wake()
    return fresh
  }

  #close(): void {
    for (const stream of this.#streams.values()) stream.abort()
    this.#streams.clear()
    for (const wake of [...this.#waiting]) wake()
  }

  #news(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, withinMs)
      this.#waiting.add(wake)
    })
  }
}
