import type { SimulatedMachine } from '../simulated-machine.ts'
import { hasSeen, type WriteLedger } from '../write-ledger.ts'
import type { Checker, Finding } from './checker.ts'

/** Nothing is live on a node that has seen what deleted or replaced it: at no moment, whatever the faults. */
export const noResurrection: Checker = {
  name: 'no-resurrection',
  always({ machines, ledger }) {
    for (const machine of machines) {
      const finding = risenOn(machine, ledger)
      if (finding) return finding
    }
    return undefined
  },
}

function risenOn(machine: SimulatedMachine, ledger: WriteLedger): Finding | undefined {
  const replica = machine.core?.replica
  if (replica === undefined) return undefined
  for (const live of replica.live()) {
    const written = ledger.find(live.origin, live.sequence)
    if (live.section !== 's' || written === undefined)
      return { node: machine.name, what: `${live.section}.${live.parameter} holds what nobody wrote` }
    const later = ledger
      .ofParameter(live.parameter)
      .find((other) => other !== written && hasSeen(other.update, written.update) && machine.holds(other))
    if (later) {
      const gone = later.update.deleted ? 'deleted' : 'replaced'
      return {
        node: machine.name,
        what: `s.${live.parameter} is back: ${live.origin} #${live.sequence}, ${gone} long ago`,
      }
    }
  }
  return undefined
}
