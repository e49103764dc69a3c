import { contextOf } from '#core/causal-context'
import type { NodeId, Origin, Sequence } from '#core/identity'
import { originOf } from '#core/identity'
import type { JsonValue } from '#core/json'
import type { Update } from '#core/update'

export interface SiblingOptions
  extends Partial<Pick<Update, 'priority' | 'rule' | 'epoch' | 'timestampMs' | 'timestampLogical'>> {
  /** a digit repeated 16 times, default 0 */
  readonly incarnation?: number
  readonly sequence?: number
  readonly context?: Readonly<Record<string, number>>
}

/** An update of `mesh.batch_size_limit` by a node; undefined as value makes a tombstone. */
export function sibling(node: string, value: JsonValue | undefined, options: SiblingOptions = {}): Update {
  const { incarnation = 0, sequence = 1, context = {}, ...fields } = options
  return {
    section: 'mesh',
    parameter: 'batch_size_limit',
    value,
    origin: originOf(node as NodeId, String(incarnation).repeat(16)),
    sequence: sequence as Sequence,
    timestampMs: 1_000,
    timestampLogical: 0,
    priority: 0,
    rule: 'latest',
    epoch: 0,
    context: contextOf(new Map(Object.entries(context)) as Map<Origin, Sequence>),
    group: undefined,
    reason: undefined,
    trace: undefined,
    unknownFields: undefined,
    ...fields,
  }
}
