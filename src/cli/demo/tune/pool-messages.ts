import type { MetricReport } from '#core/protocol'
import type { AdjustmentRecord } from '#tuner/adjustment'
import type { PoolLimits } from './worker-pool.ts'

/** What a node with a pool tells the demo, over the channel between their processes. */
export type FromPoolNode =
  /** one call of the downstream, which is the demo's, and shared by all */
  | { readonly type: 'call'; readonly id: number; readonly items: number }
  /** what was measured since the last one, and by which limits the pool works */
  | { readonly type: 'measured'; readonly metrics: readonly MetricReport[]; readonly limits: PoolLimits }
  /** an adjustment came into force on this node */
  | { readonly type: 'adjusted'; readonly adjustment: AdjustmentRecord }

/** What the demo tells a node. */
export type ToPoolNode =
  | { readonly type: 'called'; readonly id: number; readonly ok: boolean }
  | { readonly type: 'clients'; readonly count: number }
