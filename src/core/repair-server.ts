import type { AntiEntropy } from './anti-entropy.ts'
import type { NodeId } from './identity.ts'
import { COVERAGE_RANGES_MAX } from './limits.ts'
import type { Coverage, PullRequest, Repair } from './protocol.ts'
import { answerPull } from './pull-server.ts'
import { CoverageIndex, leastCoverage } from './seen.ts'
import type { Self } from './self.ts'
import { LOAD_HIGH, TIMING } from './settings.ts'
import type { Update } from './update.ts'
import { estimatedBytes } from './update-size.ts'

/**
 * Answers pulls. When many ask at once (a broadcast that was lost whole, a healed partition), one broadcast serves them all
 * instead of an answer each.
 */
export class RepairServer {
  private readonly self: Self
  private readonly antiEntropy: AntiEntropy
  private readonly askers = new Map<NodeId, { readonly atMs: number; readonly seen: Coverage }>()
  private repairedMs = Number.NEGATIVE_INFINITY
  private serving: { readonly asker: NodeId; readonly atMs: number } | undefined

  constructor(self: Self, antiEntropy: AntiEntropy) {
    this.self = self
    this.antiEntropy = antiEntropy
  }

  onRequest(from: NodeId, request: PullRequest): void {
    const begins = request.snapshot === undefined
    if (begins && !request.union) {
      this.antiEntropy.onCoverageTold(from, request.seen)
      if (this.repairForMany(from, request.seen)) return
    }
    if (begins && this.busyWithAnother(from)) return
    this.serving = { asker: from, atMs: this.self.nowMs }
    const { replica, runId, turn, pullPartBytes } = this.self
    turn.send(from, { type: 'pullAnswer', answer: answerPull(replica, runId, request, pullPartBytes) })
  }

  /** Under high load one session is served at a time; the others ask again, or ask somebody else. */
  private busyWithAnother(from: NodeId): boolean {
    const { load, nowMs, intervalMs } = this.self
    if (load < LOAD_HIGH || this.serving === undefined || this.serving.asker === from) return false
    return nowMs < this.serving.atMs + TIMING.pullRetryH * intervalMs
  }

  private repairForMany(from: NodeId, seen: Coverage): boolean {
    const { nowMs, intervalMs, turn } = this.self
    const windowMs = TIMING.implosionH * intervalMs
    this.askers.set(from, { atMs: nowMs, seen })
    for (const [asker, { atMs }] of this.askers) if (atMs + windowMs < nowMs) this.askers.delete(asker)
    if (this.askers.size < TIMING.implosionAskers || nowMs < this.repairedMs + windowMs) return false
    const repair = this.repair(leastCoverage([...this.askers.values()].map((asker) => asker.seen)))
    if (repair === undefined) return false
    this.repairedMs = nowMs
    this.askers.clear()
    turn.broadcast({ type: 'repair', repair })
    return true
  }

  /** Everything live that the base does not cover; undefined when that is too much, or cannot be claimed without dots. */
  private repair(base: Coverage): Repair | undefined {
    const { replica } = this.self
    const covered = new CoverageIndex(base)
    for (const [origin, sequence] of replica.collected) if (covered.contiguous(origin) < sequence) return undefined
    const updates: Update[] = []
    let bytes = 0
    for (const state of replica.seen.sorted()) {
      for (const update of state.live.from(covered.contiguous(state.origin) + 1)) {
        bytes += estimatedBytes(update)
        if (bytes > this.self.pullPartBytes) return undefined
        updates.push(update)
      }
    }
    return { base, seen: replica.seen.coverage(COVERAGE_RANGES_MAX), updates }
  }
}
