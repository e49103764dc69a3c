import type { Checker } from './checker.ts'

/** The heartbeat intervals for which a healed mesh is listened to. */
export const QUIET_H = 3
/** Up to so many members everybody beats every H. */
const BUDGET = 64
/** At most 1.1 heartbeats per H and node, whatever the phase at which listening begins. */
const HEARTBEATS_MAX = Math.ceil(QUIET_H * 1.1) + 1

/** A mesh that has healed and is equal says heartbeats and nothing else, and no more of them than it may. */
export const quietTraffic: Checker = {
  name: 'quiet-traffic',
  healed({ machines, traffic }) {
    // In a larger mesh members are silent for many H, and whoever lost their heartbeats asks them long after healing.
    if (machines.length > BUDGET) return undefined
    for (const { name } of machines) {
      const { heartbeat = 0, ...others } = traffic.of(name)
      if (heartbeat > HEARTBEATS_MAX)
        return { node: name, what: `${name} sent ${heartbeat} heartbeats within ${QUIET_H} H of quiet` }
      const [other] = Object.entries(others)
      if (other) return { node: name, what: `${name} sent ${other[1]} × ${other[0]} when all were equal` }
    }
    return undefined
  },
}
