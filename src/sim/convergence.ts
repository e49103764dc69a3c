import { SPREAD_STEPS_MS, type SpreadPoint } from './report/report.ts'
import { Samples } from './report/samples.ts'
import type { RunView } from './run-view.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { Written } from './write-ledger.ts'

/** Looked at every millisecond while a broadcast is under way, then every 10. */
const FRESH_MS = 60
const LATER_MS = 10

interface Spreading {
  readonly written: Written
  /** up when it was written, and without it when last looked */
  waiting: SimulatedMachine[]
  lookAtMs: number
  /** the longest that any node took */
  slowestMs: number
}

/**
 * Measures how long writes take to reach the nodes: those that are up at the write and stay up, the writer left out. A
 * node has a write when its `seen` covers it: it is live there, or something that replaced it is.
 */
export class Convergence {
  readonly toOneNode = new Samples()
  readonly toEveryNode = new Samples()
  private readonly run: RunView
  private spreading: Spreading[] = []
  private taken = 0
  private lacking = 0

  constructor(run: RunView) {
    this.run = run
  }

  /** To be called every millisecond. */
  look(): void {
    const { nowMs, ledger } = this.run
    for (; this.taken < ledger.all.length; this.taken++) this.follow(ledger.all[this.taken]!)
    for (const spreading of this.spreading) if (nowMs >= spreading.lookAtMs) this.lookAt(spreading, nowMs)
    this.spreading = this.spreading.filter(({ waiting }) => waiting.length > 0)
  }

  private follow(written: Written): void {
    const waiting = this.run.machines.filter(({ phase, index }) => phase === 'up' && index !== written.node)
    this.spreading.push({ written, waiting, lookAtMs: 0, slowestMs: 0 })
  }

  private lookAt(spreading: Spreading, nowMs: number): void {
    const { written } = spreading
    const ageMs = nowMs - written.atMs
    spreading.waiting = spreading.waiting.filter((machine) => {
      // Whoever dies is no measure of how a write spreads.
      if (machine.phase !== 'up') return false
      if (!machine.holds(written)) return true
      this.toOneNode.add(ageMs)
      spreading.slowestMs = ageMs
      return false
    })
    spreading.lookAtMs = nowMs + (ageMs < FRESH_MS ? 1 : LATER_MS)
    if (spreading.waiting.length === 0) this.toEveryNode.add(spreading.slowestMs)
  }

  /** No more is measured: what has not reached everybody by now has not. */
  end(): void {
    for (const { waiting } of this.spreading) this.lacking += waiting.length
  }

  /** Writes that did not reach every node. */
  get unfinished(): number {
    return this.spreading.length
  }

  /** The share of writes that reached every node within so long. */
  within(ms: number): number | null {
    const writes = this.toEveryNode.count + this.unfinished
    return writes === 0 ? null : this.toEveryNode.upTo(ms) / writes
  }

  /** The steps up to the first at which everything is there that ever will be. */
  spread(): SpreadPoint[] {
    const pairs = this.toOneNode.count + this.lacking
    const writes = this.toEveryNode.count + this.unfinished
    if (pairs === 0 || writes === 0) return []
    const points: SpreadPoint[] = []
    for (const ms of SPREAD_STEPS_MS) {
      const reached = this.toOneNode.upTo(ms)
      points.push({ ms, nodes: reached / pairs, writes: this.toEveryNode.upTo(ms) / writes })
      if (reached === this.toOneNode.count) break
    }
    return points
  }
}
