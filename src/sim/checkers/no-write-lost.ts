import type { RunView } from '../run-view.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { Written } from '../write-ledger.ts'
import type { Checker, Finding } from './checker.ts'

const described = ({ update, atMs }: Written, machine: SimulatedMachine | undefined): string =>
  `${update.deleted ? 'the delete' : 'the write'} of s.${update.parameter} at ${(atMs / 1000).toFixed(3)} s on ${machine?.name}`

/**
 * What a client was told is stored is live, or superseded by a write that had seen it: on every node. It is owed as long
 * as its writer's store promised to keep it through what happened, or anybody has it.
 */
export const noWriteLost: Checker = {
  name: 'no-write-lost',
  healed(run) {
    for (const machine of run.machines) {
      const finding = lostOn(run, machine)
      if (finding) return finding
    }
    return undefined
  },
}

function lostOn({ ledger, machines }: RunView, machine: SimulatedMachine): Finding | undefined {
  const replica = machine.core!.replica
  const isKnown = (written: Written) => machine.holds(written)
  for (const owed of ledger.owed())
    if (!isKnown(owed))
      return { node: machine.name, what: `${described(owed, machines[owed.node])} was acknowledged and is unknown` }
  for (const parameter of ledger.parameters()) {
    const live = replica.siblings('s', parameter)
    const standing = ledger.standing(parameter, isKnown).filter(({ update }) => !update.deleted)
    for (const written of standing) {
      const { origin, sequence } = written.update
      if (!live.some((sibling) => sibling.origin === origin && sibling.sequence === sequence))
        return {
          node: machine.name,
          what: `${described(written, machines[written.node])} is gone, and nothing replaced it`,
        }
    }
    if (standing.length > 0 && machine.node!.inspect('s', parameter)!.deleted)
      return { node: machine.name, what: `s.${parameter} reads as deleted, and a concurrent write stands` }
  }
  return undefined
}
