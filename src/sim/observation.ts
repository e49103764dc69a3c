import type { ConfigSyncManager } from '#node/manager'
import type { Checker } from './checkers/checker.ts'
import { Convergence } from './convergence.ts'
import type { Onlooker, ScheduleRun } from './schedule-run.ts'

/** How often the spread of writes is looked at, simulated milliseconds. */
const LOOK_MS = 1
/** How often somebody who waits is told, of real time. */
const TELL_MS = 50

export interface SimulateOptions {
  /** what is held against the run; default: all */
  readonly checkers?: readonly Checker[]
  /** told now and then how far the simulated time is */
  readonly onProgress?: (progress: Progress) => void
  /** ends the run: `simulate` rejects with its reason */
  readonly signal?: AbortSignal
}

export interface Progress {
  readonly simulatedMs: number
  /** until all faults end; checking goes on for some seconds after */
  readonly faultsEndMs: number
  readonly writes: number
}

/** Looks on while a schedule runs: measures, tells how far it is, and lets whoever waits end it. Changes nothing. */
export class Observation implements Onlooker {
  conflicts = 0
  fullExchanges = 0
  convergence: Convergence | undefined
  run: ScheduleRun | undefined
  private readonly options: SimulateOptions
  private toldMs = performance.now()

  constructor(options: SimulateOptions) {
    this.options = options
  }

  begins(run: ScheduleRun): void {
    this.run = run
    this.convergence = new Convergence(run)
    this.lookLater()
  }

  starts(node: ConfigSyncManager): void {
    node.on('conflict', () => {
      this.conflicts++
    })
    node.on('repair', ({ full, outcome }) => {
      if (full && outcome === 'complete') this.fullExchanges++
    })
  }

  private lookLater(): void {
    this.run!.mesh.scheduler.schedule(LOOK_MS, () => this.look())
  }

  private look(): void {
    const { run, convergence } = this
    convergence!.look()
    if (run!.nowMs < run!.schedule.healAtMs) this.lookLater()
    else convergence!.end()
    if (performance.now() - this.toldMs >= TELL_MS) this.tell()
  }

  /** The run pauses, so that a key or a signal is noticed. */
  private tell(): void {
    const { nowMs, schedule, ledger } = this.run!
    this.options.signal?.throwIfAborted()
    this.options.onProgress?.({ simulatedMs: nowMs, faultsEndMs: schedule.healAtMs, writes: ledger.all.length })
    this.run!.pause()
    this.toldMs = performance.now()
  }
}
