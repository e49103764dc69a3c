import { assertInvariant } from '#core/errors'
import type { Scheduler } from './scheduler.ts'

interface Timer {
  readonly atMs: number
  /** counts the calls to schedule: equal times run in the order in which they were asked for */
  readonly number: number
  callback: (() => void) | undefined
}

const before = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number)

/**
 * Time that stands still until it is moved, for tests and simulations. What is due runs in the order of its time, then
 * of its scheduling, so that a run repeats exactly. A binary heap: scheduling and running cost O(log timers).
 */
export class VirtualScheduler implements Scheduler {
  #nowMs: number
  #scheduled = 0
  #cancelled = 0
  #running = false
  #heap: Timer[] = []

  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  /** How many callbacks wait. */
  get pending(): number {
    return this.#heap.length - this.#cancelled
  }

  schedule(delayMs: number, callback: () => void): () => void {
    assertInvariant(delayMs >= 0, `a delay is a number of at least 0, not ${delayMs}`)
    const timer: Timer = { atMs: this.#nowMs + delayMs, number: this.#scheduled++, callback }
    push(this.#heap, timer)
    return () => this.#cancel(timer)
  }

  /** Runs everything that is due up to `ms`, what that schedules included, and leaves the time at `ms`. */
  advanceTo(ms: number): void {
    this.runUntil(never, ms)
    this.#nowMs = Math.max(this.#nowMs, ms)
  }

  /** Like `advanceTo`, from now on. */
  advanceBy(ms: number): void {
    this.advanceTo(this.#nowMs + ms)
  }

  /**
   * Runs one callback after the other until the predicate holds, which is asked before each, or nothing is due up to
   * `limitMs`. The time is left at the last callback's. Returns whether the predicate holds.
   */
  runUntil(predicate: () => boolean, limitMs: number): boolean {
    while (!predicate()) if (!this.#runNext(limitMs)) return predicate()
    return true
  }

  /**
   * `runUntil` for programs that await: lets every promise that is ready continue between two callbacks. Slower, and
   * only as repeatable as the program's promises are.
   */
  async waitUntil(predicate: () => boolean, limitMs: number): Promise<boolean> {
    await settled()
    while (!predicate()) {
      if (!this.#runNext(limitMs)) return predicate()
      await settled()
    }
    return true
  }

  #runNext(limitMs: number): boolean {
    assertInvariant(!this.#running, 'virtual time is not moved from within a callback')
    for (;;) {
      const timer = this.#heap[0]
      if (timer === undefined || timer.atMs > limitMs) return false
      pop(this.#heap)
      if (timer.callback === undefined) this.#cancelled--
      else return this.#run(timer, timer.callback)
    }
  }

  #run(timer: Timer, callback: () => void): true {
    timer.callback = undefined
    this.#nowMs = timer.atMs
    this.#running = true
    try {
      callback()
    } finally {
      this.#running = false
    }
    return true
  }

  /** A cancelled timer stays in the heap until it is due, or until the cancelled ones outnumber the others. */
  #cancel(timer: Timer): void {
    if (timer.callback === undefined) return
    timer.callback = undefined
    this.#cancelled++
    if (this.#cancelled < 64 || this.#cancelled * 2 < this.#heap.length) return
    // A list in ascending order is a heap.
    this.#heap = this.#heap.filter((kept) => kept.callback !== undefined).sort((a, b) => (before(a, b) ? -1 : 1))
    this.#cancelled = 0
  }
}

const never = (): boolean => false
/** After the promises that are ready, and those that they make ready. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function push(heap: Timer[], timer: Timer): void {
  let hole = heap.push(timer) - 1
  while (hole > 0) {
    const parent = (hole - 1) >> 1
    if (!before(timer, heap[parent]!)) break
    heap[hole] = heap[parent]!
    hole = parent
  }
  heap[hole] = timer
}

function pop(heap: Timer[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let hole = 0
  for (;;) {
    let child = 2 * hole + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[hole] = heap[child]!
    hole = child
  }
  heap[hole] = last
}
