import type { Checker } from './checker.ts'

/** Nobody ever meets a node that has seen the same and holds something else, and no handler throws. */
export const noDivergence: Checker = {
  name: 'no-divergence',
  always({ machines, mesh }) {
    const [bug] = mesh.bugs
    if (bug !== undefined) return { what: bug }
    for (const { node, name, phase } of machines)
      if (phase === 'up' && node!.status().divergences > 0)
        return { node: name, what: `${name} diverged from a member` }
    return undefined
  },
}
