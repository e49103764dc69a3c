import { boundedMemory } from './checkers/bounded-memory.ts'
import type { Checker, Failure } from './checkers/checker.ts'
import { damageRefused } from './checkers/damage-refused.ts'
import { noDivergence } from './checkers/no-divergence.ts'
import { noDotReused } from './checkers/no-dot-reused.ts'
import { noFalseRemoval } from './checkers/no-false-removal.ts'
import { noResurrection } from './checkers/no-resurrection.ts'
import { noWriteLost } from './checkers/no-write-lost.ts'
import { isLed, oneCoordinator } from './checkers/one-coordinator.ts'
import { QUIET_H, quietTraffic } from './checkers/quiet-traffic.ts'
import { isSame, sameState } from './checkers/same-state.ts'
import { H } from './run-view.ts'
import { QUIET_LINK, type Schedule } from './schedule.ts'
import { type Onlooker, ScheduleRun } from './schedule-run.ts'

export const CHECKERS: readonly Checker[] = [
  noDotReused,
  noDivergence,
  noResurrection,
  noFalseRemoval,
  sameState,
  noWriteLost,
  oneCoordinator,
  damageRefused,
  quietTraffic,
  boundedMemory,
]

/** After healing, and once what was still under way has arrived, all must be equal within this. */
export const EQUAL_WITHIN_H = 4
/** And follow one coordinator: a node that has just started may be it after 3 H, and a dead one is noticed after 3 H. */
export const LED_WITHIN_H = 6
/** Extra heartbeats after the last change are over. */
const PROMPTS_H = 2

export interface Outcome {
  readonly schedule: Schedule
  /** undefined: every checker was content */
  readonly failure: Failure | undefined
  /** of everything that happened: the same schedule gives the same */
  readonly digest: string
  /** simulated milliseconds from when everything healed until all were equal */
  readonly equalAfterMs: number | undefined
  readonly simulatedMs: number
  readonly writes: number
  readonly acknowledged: number
  readonly messages: number
}

/**
 * Runs a schedule: a safety phase under its faults, in which the checkers' `always` hold after every event; then
 * everything heals, all must be equal and led by one coordinator within the bound, and every checker looks at the end.
 * Never throws for what the mesh does wrong: that is the outcome's failure.
 */
export async function runSchedule(
  schedule: Schedule,
  checkers: readonly Checker[] = CHECKERS,
  onlooker?: Onlooker,
): Promise<Outcome> {
  const run = new ScheduleRun(schedule, onlooker)
  const watch = new Watch(run, checkers)
  await run.begin()
  for (const event of schedule.events) {
    if (watch.failure) break
    await run.advanceTo(event.atMs)
    await run.take(event)
    watch.always()
  }
  const equalAfterMs = watch.failure ? undefined : await healed(run, watch)
  return outcome(run, watch.failure, equalAfterMs)
}

/** Holds the checkers against a run; the first failure stays. */
class Watch {
  failure: Failure | undefined
  private readonly run: ScheduleRun
  private readonly checkers: readonly Checker[]

  constructor(run: ScheduleRun, checkers: readonly Checker[]) {
    this.run = run
    this.checkers = checkers
  }

  always(): void {
    for (const checker of this.checkers) this.take(checker, checker.always?.(this.run))
  }

  healed(): void {
    for (const checker of this.checkers) if (!this.failure) this.take(checker, checker.healed?.(this.run))
  }

  private take({ name }: Checker, finding: ReturnType<NonNullable<Checker['always']>>): void {
    if (finding !== undefined) this.failure ??= { checker: name, atMs: this.run.nowMs, ...finding }
  }
}

/** Returns how long it took until all were equal. */
async function healed(run: ScheduleRun, watch: Watch): Promise<number | undefined> {
  await run.advanceTo(run.schedule.healAtMs)
  await run.heal({ ...QUIET_LINK, delay: run.schedule.link.delay })
  const healedMs = run.nowMs
  const arrivedMs = healedMs + stragglersMs(run.schedule)
  const equal = await run.until(() => isSame(run), arrivedMs + EQUAL_WITHIN_H * H)
  const equalAfterMs = equal ? run.nowMs - healedMs : undefined
  await run.advanceTo(Math.max(run.nowMs, arrivedMs))
  await run.until(() => isLed(run), arrivedMs + LED_WITHIN_H * H)
  await run.advanceTo(run.nowMs + PROMPTS_H * H)
  run.traffic.clear()
  await run.advanceTo(run.nowMs + QUIET_H * H)
  watch.always()
  watch.healed()
  return equalAfterMs
}

/** How long a frame sent before everything healed may be under way: one that is overtaken takes up to thrice its delay. */
function stragglersMs({ link, events }: Schedule): number {
  const links = [link, ...events.flatMap((event) => (event.kind === 'link' ? [event.link] : []))]
  return Math.max(...links.map(({ delay, reorderRate }) => delay.mostMs * (reorderRate > 0 ? 3 : 1)))
}

function outcome(run: ScheduleRun, failure: Failure | undefined, equalAfterMs: number | undefined): Outcome {
  const { schedule, ledger, mesh, nowMs: simulatedMs } = run
  return {
    schedule,
    failure,
    digest: run.digestText(),
    equalAfterMs,
    simulatedMs,
    writes: ledger.all.length,
    acknowledged: ledger.all.filter(({ acknowledged }) => acknowledged).length,
    messages: mesh.messagesSent,
  }
}
