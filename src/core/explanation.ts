import { nodeIdOf } from './identity.ts'
import type { JsonValue } from './json.ts'
import { type Decision, firstDifference, losersOf, type Resolution } from './resolution.ts'
import type { Update } from './update.ts'

const VALUE_CHARACTERS_MAX = 60
const NAMED_MAX = 3

/**
 * One sentence for people on why these siblings came to this value, such as "node-3's 20 won over node-1's 15: written
 * without knowledge of each other, equal priority, node-3's is 12 ms later".
 */
export function explain(siblings: readonly Update[], resolution: Resolution): string {
  const { winner, decidedBy } = resolution
  const losers = losersOf(siblings, winner)
  if (losers.length === 0) return `${named(winner)} stands alone`
  const merged = isMerge(decidedBy)
  const outcome = merged
    ? `${decidedBy} made ${shown(resolution.value)} of ${listed([winner, ...losers])}`
    : `${named(winner)} won over ${listed(losers)}`
  const reason = merged ? 'equal priority' : because(winner, losers[0]!, decidedBy)
  return `${outcome}: written without knowledge of each other, ${reason}${notice(resolution)}`
}

/** What one update did to its parameter. */
export interface ExplainedChange {
  readonly update: Update
  /** what it replaced */
  readonly superseded: readonly Update[]
  /** what stands beside it */
  readonly concurrent: readonly Update[]
}

/** One sentence for people on what came of an update: what it replaced, or why its value won or lost. */
export function explainChange({ update, superseded, concurrent }: ExplainedChange, resolution: Resolution): string {
  if (concurrent.length > 0) return explain([update, ...concurrent], resolution)
  if (superseded.length === 0) return `nothing stood here before ${named(update)}`
  return `${named(update)} replaced ${listed(superseded)}, known to its writer`
}

const RANKED: readonly string[] = ['delete-loses', 'priority', 'epoch', 'timestamp', 'node-id', 'incarnation', 'latest']
const isMerge = (decidedBy: Decision): boolean => !RANKED.includes(decidedBy)

function because(winner: Update, loser: Update, decidedBy: Decision): string {
  const winnerId = nodeIdOf(winner.origin)
  switch (decidedBy) {
    case 'delete-loses':
      return 'and a delete loses to a value'
    case 'priority':
      return `${winnerId}'s has priority ${winner.priority} against ${loser.priority}`
    default:
      return `equal priority, ${byRank(winner, loser, winnerId)}`
  }
}

function byRank(winner: Update, loser: Update, winnerId: string): string {
  switch (firstDifference(winner, loser)) {
    case 'epoch':
      return `${winnerId}'s is of reign ${winner.epoch} against ${loser.epoch}`
    case 'timestamp': {
      const laterMs = winner.timestampMs - loser.timestampMs
      return laterMs > 0
        ? `${winnerId}'s is ${laterMs} ms later`
        : `${winnerId}'s is later by its logical clock, in the same millisecond`
    }
    case 'node-id':
      return `equal time, ${winnerId} is the greater node id`
    default:
      return `equal time and node, the greater incarnation wins`
  }
}

function notice(resolution: Resolution): string {
  if (resolution.missingRule) return `; ${resolution.missingRule} is not known here, so latest decided`
  return resolution.ruleRejected ? `; latest decided because ${resolution.ruleRejected}` : ''
}

function listed(updates: readonly Update[]): string {
  const names = updates.slice(0, NAMED_MAX).map(named)
  const more = updates.length - names.length
  if (more > 0) return `${names.join(', ')} and ${more} more`
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

const named = (update: Update): string => `${nodeIdOf(update.origin)}'s ${shown(update.value)}`

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'delete'
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX).toWellFormed()}…`
}
