import type { Entries } from './entries.ts'
import { JobRunner } from './jobs.ts'
import { nowMs, ownCpuMs } from './machine.ts'
import type { BenchNode, OpenNode, OpenOptions } from './system.ts'
import { wireBytes } from './wire-bytes.ts'

/** A node that is opened when the others hold `entries` already. */
export interface JoinJob extends Omit<OpenOptions, 'onValue' | 'late'> {
  readonly addresses: readonly string[]
  readonly entries: Entries
  readonly waitMsMax: number
}

export interface JoinAnswer {
  /** from just before it opened until it held the right value of every entry; undefined when it never did */
  readonly elapsedMs: number | undefined
  readonly received: number
  readonly sent: number
  readonly cpuMs: number
  /** by how much the most memory that the process ever held exceeds what it held before */
  readonly peakGrowthMb: number
}

/** The clock covers connecting, the handshakes and the state. What is expected was made before it started. */
export async function joinLate(open: OpenNode, job: JoinJob): Promise<{ node: BenchNode; answer: JoinAnswer }> {
  const { addresses, entries, waitMsMax, ...options } = job
  const runner = new JobRunner(options.index)
  const held = runner.holding(entries, nowMs() + waitMsMax)
  const opened = Promise.withResolvers<BenchNode>()
  globalThis.gc?.()
  const rssBytes = process.memoryUsage.rss()
  const cpuBefore = ownCpuMs()
  const startedMs = nowMs()
  open({ ...options, late: true, onValue: runner.onValue }).then((node) => {
    opened.resolve(node)
    // It need not have met everybody when it holds everything.
    node.join(addresses).catch(() => {})
  }, opened.reject)
  const node = await opened.promise
  const heldAtMs = await held
  const answer = {
    elapsedMs: heldAtMs && heldAtMs - startedMs,
    ...wireBytes(),
    cpuMs: ownCpuMs() - cpuBefore,
    peakGrowthMb: Math.max(0, process.resourceUsage().maxRSS * 1024 - rssBytes) / 1e6,
  }
  return { node, answer }
}
