import type { Scheduler } from '#mesh/scheduler'
import type { MachineClock } from './machine-clock.ts'

/**
 * How a process wakes after it stood still.
 * - at-once: what came in meanwhile is handled in one piece, timers first, as an event loop does
 * - slowly: the same, but with other timers between one frame and the next, as when memory must be swapped in
 * - deaf: what came in meanwhile is lost, as when others gave up sending to it
 */
export type Waking = 'at-once' | 'slowly' | 'deaf'

interface Arrived {
  readonly handle: () => void
  /** a frame; what the machine itself knows (who can be reached) is told even to the deaf */
  readonly frame: boolean
}

/** Between two frames of a process that wakes slowly. */
const SLOW_STEP_MS = 2

/**
 * One process: its timers and what comes in from outside. It can stand still (SIGSTOP) and go on, or be killed, after which
 * nothing of it ever runs again.
 */
export class SimulatedProcess implements Scheduler {
  readonly clock: MachineClock
  private readonly scheduler: Scheduler
  private state: 'running' | 'frozen' | 'dead' = 'running'
  private dueTimers: (() => void)[] = []
  private arrived: Arrived[] = []

  constructor(scheduler: Scheduler, clock: MachineClock) {
    this.scheduler = scheduler
    this.clock = clock
  }

  get frozen(): boolean {
    return this.state === 'frozen'
  }

  get dead(): boolean {
    return this.state === 'dead'
  }

  nowMs(): number {
    return this.clock.elapsedMs()
  }

  schedule(delayMs: number, callback: () => void): () => void {
    let live = true
    const run = () => {
      if (live) callback()
    }
    const cancel = this.scheduler.schedule(this.clock.trueDelayMs(delayMs), () => {
      if (this.state === 'running') callback()
      else if (this.state === 'frozen') this.dueTimers.push(run)
    })
    return () => {
      live = false
      cancel()
    }
  }

  /** Who can be reached changed: told at once, when the process goes on, or never. */
  arrive(handle: () => void): void {
    if (this.ready) handle()
    else if (this.state !== 'dead') this.arrived.push({ handle, frame: false })
  }

  /** The same for a frame, whose bytes are lent for the call only. */
  arriveFrame(frame: Uint8Array, handle: (frame: Uint8Array) => void): void {
    if (this.ready) return handle(frame)
    if (this.state === 'dead') return
    const kept = new Uint8Array(frame)
    this.arrived.push({ handle: () => handle(kept), frame: true })
  }

  private get ready(): boolean {
    return this.state === 'running' && this.arrived.length === 0
  }

  freeze(): void {
    if (this.state === 'running') this.state = 'frozen'
  }

  thaw(waking: Waking): void {
    if (this.state !== 'frozen') return
    this.state = 'running'
    const { dueTimers } = this
    this.dueTimers = []
    for (const run of dueTimers) run()
    if (waking === 'deaf') this.arrived = this.arrived.filter(({ frame }) => !frame)
    this.handleArrived(waking === 'slowly' ? SLOW_STEP_MS : 0)
  }

  private handleArrived(apartMs: number): void {
    for (let next = this.arrived.shift(); next !== undefined; next = this.arrived.shift()) {
      next.handle()
      // Whoever is frozen again, or killed, in between handles no more.
      if (this.state !== 'running') return
      if (apartMs === 0) continue
      this.scheduler.schedule(apartMs, () => {
        if (this.state === 'running') this.handleArrived(apartMs)
      })
      return
    }
  }

  kill(): void {
    this.state = 'dead'
    this.dueTimers = []
    this.arrived = []
  }
}
