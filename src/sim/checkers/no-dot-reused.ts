import type { Checker } from './checker.ts'

/** One number of one origin names one write for ever (I3). */
export const noDotReused: Checker = {
  name: 'no-dot-reused',
  always({ ledger, machines }) {
    const [reuse] = ledger.reused
    if (reuse === undefined) return undefined
    const { first, again } = reuse
    const { origin, sequence } = again.update
    const what = `${origin} #${sequence} was s.${first.update.parameter} and is now s.${again.update.parameter}`
    return { node: machines[again.node]!.name, what }
  },
}
