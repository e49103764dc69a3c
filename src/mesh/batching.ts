import { BATCH_BYTES_MAX } from '#core/limits'
import type { Message } from '#core/protocol'
import type { Update } from '#core/update'
import { estimatedBytes } from '#core/update-size'
import type { Scheduler } from './scheduler.ts'

/** When a batch is complete. */
export interface BatchLimits {
  readonly timeMs: number
  readonly updatesMax: number
}

/** Updates that leave together, and when the first of them was handed over. */
export interface GatheredUpdates {
  readonly updates: readonly Update[]
  readonly sinceMs: number
  /** how long after they were due they are taken: the process was busy */
  readonly lateMs: number
}

/**
 * Gathers updates for one frame: after a quiet time they leave at once; otherwise when the time since the last ones is
 * over, or the batch is full. It only says when; `onReady` has to take what was gathered.
 */
export class Batch {
  private readonly scheduler: Scheduler
  private readonly limits: () => BatchLimits
  private readonly onReady: () => void
  private updates: Update[] = []
  private bytes = 0
  private sinceMs = 0
  private lastTakenMs = Number.NEGATIVE_INFINITY
  private dueMs = 0
  private cancelTimer: (() => void) | undefined

  constructor(scheduler: Scheduler, limits: () => BatchLimits, onReady: () => void) {
    this.scheduler = scheduler
    this.limits = limits
    this.onReady = onReady
  }

  /** @param updates complete groups */
  add(updates: readonly Update[]): void {
    const nowMs = this.scheduler.nowMs()
    const { timeMs, updatesMax } = this.limits()
    if (this.updates.length > 0 && this.updates.length + updates.length > updatesMax) this.onReady()
    this.put(updates, nowMs)
    this.dueMs = Math.max(this.sinceMs, this.lastTakenMs + timeMs)
    if (nowMs >= this.dueMs || this.updates.length >= updatesMax || this.bytes >= BATCH_BYTES_MAX) this.onReady()
    else this.cancelTimer ??= this.scheduler.schedule(this.dueMs - nowMs, this.onReady)
  }

  take(): GatheredUpdates | undefined {
    this.cancelTimer?.()
    this.cancelTimer = undefined
    if (this.updates.length === 0) return undefined
    const { updates, sinceMs } = this
    this.updates = []
    this.bytes = 0
    this.lastTakenMs = this.scheduler.nowMs()
    return { updates, sinceMs, lateMs: Math.max(0, this.lastTakenMs - this.dueMs) }
  }

  private put(updates: readonly Update[], nowMs: number): void {
    if (this.updates.length === 0) this.sinceMs = nowMs
    for (const update of updates) {
      this.updates.push(update)
      this.bytes += estimatedBytes(update)
    }
  }
}

/**
 * Two halves of what did not fit into one frame, groups whole: the messages, or the updates of the only one. Undefined
 * when it cannot be divided.
 */
export function halves(messages: readonly Message[]): readonly [readonly Message[], readonly Message[]] | undefined {
  if (messages.length > 1) {
    const middle = messages.length >> 1
    return [messages.slice(0, middle), messages.slice(middle)]
  }
  const only = messages[0]
  if (only?.type !== 'updates') return undefined
  const middle = groupBoundary(only.updates)
  if (middle === undefined) return undefined
  const part = (from: number, to?: number): Message[] => [{ type: 'updates', updates: only.updates.slice(from, to) }]
  return [part(0, middle), part(middle)]
}

/** The boundary between two groups that is nearest to the middle. */
function groupBoundary(updates: readonly Update[]): number | undefined {
  const middle = updates.length >> 1
  for (let distance = 0; distance <= middle; distance++) {
    for (const index of [middle - distance, middle + distance])
      if (index > 0 && index < updates.length && !sameGroup(updates[index - 1]!, updates[index]!)) return index
  }
  return undefined
}

const sameGroup = (a: Update, b: Update): boolean =>
  a.group !== undefined && a.origin === b.origin && a.group.first === b.group?.first
