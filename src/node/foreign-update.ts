import { versionVectorOf } from '#core/causal-context'
import type { CustomRules } from '#core/custom-rules'
import { ConfigSyncError } from '#core/errors'
import { nodeIdOf } from '#core/identity'
import { resolve, resolveConflict } from '#core/resolution'
import type { Update } from '#core/update'
import { compareVersionVectors } from '#core/version-vector'
import type { ForeignUpdate } from './types.ts'

/**
 * Whether an update of a program that is no node beats what stands: by its version vector where it has one that decides,
 * else by priority, timestamp and node id.
 * @throws ConfigSyncError UPDATE_INVALID
 */
export function foreignWins(foreign: ForeignUpdate, siblings: readonly Update[], rules: CustomRules): boolean {
  check(foreign)
  if (siblings.length === 0) return true
  const { winner } = resolve(siblings, rules)
  if (foreign.versionVector) {
    const order = compareVersionVectors(foreign.versionVector, versionVectorOf(winner))
    if (order === 'greater') return true
    if (order === 'less') return false
  }
  const current = {
    priority: winner.priority,
    timestamp: [winner.timestampMs, winner.timestampLogical] as const,
    nodeId: nodeIdOf(winner.origin),
  }
  // Equal in everything: the current value stands, so that sending twice publishes once.
  return resolveConflict(foreign, current) === foreign
}

function check({ timestamp, nodeId, versionVector }: ForeignUpdate): void {
  const invalid = (detail: string) => new ConfigSyncError('UPDATE_INVALID', detail)
  const parts: readonly unknown[] = typeof timestamp === 'number' ? [timestamp] : timestamp
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every((part) => Number.isFinite(part)))
    throw invalid('timestamp is neither milliseconds nor a stamp')
  if (typeof nodeId !== 'string') throw invalid('nodeId is no text')
  if (versionVector !== undefined && !Object.values(versionVector).every((n) => Number.isSafeInteger(n) && n >= 0))
    throw invalid('versionVector has a count that is no whole number')
}
