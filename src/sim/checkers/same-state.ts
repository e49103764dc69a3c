import type { RunView } from '../run-view.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { Checker, Finding } from './checker.ts'

/** Whether all machines have seen the same and hold the same. Cheap: asked after every step while a mesh converges. */
export function isSame({ machines }: RunView): boolean {
  const [first, ...others] = machines.map(({ core }) => core?.replica)
  return others.every(
    (replica) =>
      replica !== undefined &&
      first !== undefined &&
      replica.seen.digest.lane1 === first.seen.digest.lane1 &&
      replica.seen.digest.lane2 === first.seen.digest.lane2 &&
      replica.liveHash.lane1 === first.liveHash.lane1 &&
      replica.liveHash.lane2 === first.liveHash.lane2,
  )
}

/** After healing every node has seen the same, holds the same, and gives its program the same values. */
export const sameState: Checker = {
  name: 'same-state',
  healed(run) {
    const [first, ...others] = run.machines
    for (const other of others) {
      const finding = difference(run, first!, other)
      if (finding) return finding
    }
    return undefined
  },
}

function difference({ ledger }: RunView, a: SimulatedMachine, b: SimulatedMachine): Finding | undefined {
  const down = [a, b].find(({ core }) => core === undefined)
  if (down) return { node: down.name, what: `${down.name} does not start` }
  for (const parameter of ledger.parameters()) {
    const [there, here] = [a, b].map((machine) => standing(machine, parameter))
    if (there !== here)
      return { node: b.name, what: `${a.name} and ${b.name} differ at s.${parameter} (${there} / ${here})` }
  }
  const [seenThere, seenHere] = [a, b].map(({ core }) => JSON.stringify(core!.replica.seen.coverage(Infinity)))
  if (seenThere !== seenHere)
    return { node: b.name, what: `${a.name} and ${b.name} have not seen the same (${seenThere} / ${seenHere})` }
  const [valuesThere, valuesHere] = [a, b].map(({ node }) => JSON.stringify(node!.getAll()))
  if (valuesThere !== valuesHere)
    return { node: b.name, what: `${a.name} and ${b.name} give other values (${valuesThere} / ${valuesHere})` }
  return undefined
}

/** The siblings that stand, each as writer and sequence; tombstones left out, which one node may have dropped before another. */
function standing({ core }: SimulatedMachine, parameter: string): string {
  const siblings = core!.replica.siblings('s', parameter).filter(({ value }) => value !== undefined)
  const dots = siblings.map(({ origin, sequence }) => `${origin.split('#')[0]}:${sequence}`)
  return dots.sort().join('+') || 'nothing'
}
