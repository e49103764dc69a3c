import type { Checker } from './checker.ts'

/** Nobody ever meets a node that has seen the same and holds something else, and no handler throws. */
export const noDivergence: Checker = {
  name: 'no-divergence',
  always({ mesh }) {
    const [bug] = mesh.bugs
    return bug === undefined ? undefined : { what: bug }
  },
}
