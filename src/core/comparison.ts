import { hash64Equal } from './digest.ts'
import type { DigestHistory } from './digest-history.ts'
import type { Heartbeat } from './protocol.ts'
import { digestWithoutListed, type Seen } from './seen.ts'

/**
 * What a heartbeat says about its sender and us:
 * - equal: in step
 * - behind: it shows a digest that we had; it will find out by itself
 * - covered: we lack nothing of what it has
 * - ahead: it has something that we lack
 * - unknown: it may
 */
export type Standing = 'equal' | 'behind' | 'covered' | 'ahead' | 'unknown'

/**
 * The digest is a sum, so that the origins which the heartbeat lists can be taken out of both: if the rest is equal, the
 * lists decide exactly. Without this every heartbeat looks unknown while several nodes write, and all nodes pull all the time.
 */
export function compareWith(heartbeat: Heartbeat, seen: Seen, history: DigestHistory): Standing {
  if (heartbeat.digest[0] === seen.digest.lane1 && heartbeat.digest[1] === seen.digest.lane2) return 'equal'
  if (history.has(heartbeat.digest)) return 'behind'
  const ours = seen.digestWithout(heartbeat.recent)
  const theirs = digestWithoutListed(heartbeat.digest, heartbeat.recent, seen)
  if (!seen.includes(heartbeat.recent)) return 'ahead'
  // What has begun to change here since the heartbeat was sent is not in its list: there it is as it was here before.
  const covered = hash64Equal(ours, theirs) || hash64Equal(seen.settledDigestWithout(heartbeat.recent), theirs)
  return covered ? 'covered' : 'unknown'
}
