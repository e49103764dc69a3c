import type { TraceParent } from '#core/trace-parent'
import type { ChangeEvent, ConfigChangeRequest, RepairEvent } from './types.ts'

/**
 * Told of what a node does, around the doing, so that traces can be made of it: `configsync/otel` makes OpenTelemetry's. What it
 * throws is the caller's failure, so it must not throw.
 */
export interface Instrumentation {
  /** Around a local write. Calls `write` at once, with what the updates are to carry, and gives back what it gives. */
  publish<T>(changes: readonly ConfigChangeRequest[], write: (trace: TraceParent | undefined) => Promise<T>): Promise<T>
  /**
   * Around telling components of updates of others. Calls `tell` once, at once.
   * @param traces what the updates carry, each once
   */
  apply(event: Pick<ChangeEvent, 'source' | 'changes'>, traces: readonly TraceParent[], tell: () => void): void
  /** A pull or a repair broadcast has ended, having taken `event.elapsedMs`. */
  pull(event: RepairEvent): void
}
