import type { Outcome } from './run-schedule.ts'
import type { Schedule, ScheduledEvent } from './schedule.ts'

export interface Shrunk {
  readonly outcome: Outcome
  readonly runs: number
}

/** Long enough to come down from a hundred events to a handful. */
const RUNS_MAX = 400

/**
 * Looks for a smaller schedule in which the same checker fails: fewer events (halves first, then ever smaller pieces),
 * fewer nodes, sooner healed. Every candidate is run, at most `runsMax` in all.
 */
export async function shrinkSchedule(
  failed: Outcome,
  run: (schedule: Schedule) => Promise<Outcome>,
  runsMax: number = RUNS_MAX,
): Promise<Shrunk> {
  const search = new Search(failed, run, runsMax)
  for (let before = -1; before !== search.size && !search.over; ) {
    before = search.size
    await withoutEvents(search)
    await withoutNodes(search)
    await sooner(search)
  }
  return { outcome: search.best, runs: search.runs }
}

class Search {
  best: Outcome
  runs = 0
  private readonly run: (schedule: Schedule) => Promise<Outcome>
  private readonly runsMax: number
  private readonly checker: string | undefined

  constructor(failed: Outcome, run: (schedule: Schedule) => Promise<Outcome>, runsMax: number) {
    this.best = failed
    this.checker = failed.failure?.checker
    this.run = run
    this.runsMax = runsMax
  }

  get schedule(): Schedule {
    return this.best.schedule
  }

  get size(): number {
    return this.schedule.events.length + this.schedule.nodes.length
  }

  get over(): boolean {
    return this.runs >= this.runsMax
  }

  /** Takes the candidate if the same checker fails in it. */
  async tries(candidate: Schedule): Promise<boolean> {
    if (this.over) return false
    this.runs++
    const outcome = await this.run(candidate)
    if (outcome.failure?.checker !== this.checker) return false
    this.best = outcome
    return true
  }
}

async function withoutEvents(search: Search): Promise<void> {
  for (let piece = Math.ceil(search.schedule.events.length / 2); piece >= 1; piece = Math.floor(piece / 2))
    for (let at = search.schedule.events.length - piece; at > -piece && !search.over; at -= piece) {
      const { events } = search.schedule
      const from = Math.max(0, at)
      await search.tries({ ...search.schedule, events: [...events.slice(0, from), ...events.slice(at + piece)] })
    }
}

async function withoutNodes(search: Search): Promise<void> {
  for (let node = search.schedule.nodes.length - 1; node >= 0 && search.schedule.nodes.length > 2; node--)
    await search.tries(withoutNode(search.schedule, node))
}

/** Healing follows the last event at once, or, where that is another failure, after half of the time. */
async function sooner(search: Search): Promise<void> {
  const { events, healAtMs } = search.schedule
  const lastMs = events.at(-1)?.atMs ?? 0
  if (healAtMs <= lastMs + 1) return
  if (await search.tries({ ...search.schedule, healAtMs: lastMs + 1 })) return
  await search.tries({ ...search.schedule, healAtMs: Math.floor((lastMs + healAtMs) / 2) })
}

/** The same without one machine: what happened to it is left out, and those after it move up. */
export function withoutNode(schedule: Schedule, node: number): Schedule {
  return {
    ...schedule,
    nodes: schedule.nodes.filter((_, index) => index !== node),
    events: schedule.events.flatMap((event) => eventWithout(event, node)),
  }
}

function eventWithout(event: ScheduledEvent, gone: number): ScheduledEvent[] {
  const moved = (index: number) => (index > gone ? index - 1 : index)
  const left = (indexes: readonly number[]) => indexes.filter((index) => index !== gone).map(moved)
  if (event.kind === 'partition')
    return [{ ...event, groups: event.groups.map(left).filter(({ length }) => length > 0) }]
  if (event.kind === 'cut') return [{ ...event, from: left(event.from), to: left(event.to) }]
  if (!('node' in event)) return [event]
  if (event.node === gone || (event.kind === 'restore' && event.of === gone)) return []
  if (event.kind === 'restore') return [{ ...event, node: moved(event.node), of: moved(event.of) }]
  return [{ ...event, node: moved(event.node) }]
}
