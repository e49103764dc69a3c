import type { RunView } from '../run-view.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { Checker } from './checker.ts'

interface Held {
  readonly what: string
  readonly count: number
  readonly limit: number
}

/** What a node keeps between messages stays bounded, by the size of the mesh or by a built-in limit. */
export const boundedMemory: Checker = {
  name: 'bounded-memory',
  healed(run) {
    for (const machine of run.machines) {
      const over = held(machine, run).find(({ count, limit }) => count > limit)
      if (over)
        return { node: machine.name, what: `${machine.name} holds ${over.count} ${over.what}; at most ${over.limit}` }
    }
    return undefined
  },
}

function held({ core, node }: SimulatedMachine, { machines, ledger }: RunView): Held[] {
  const { membership, replica } = core!
  const ahead = core!['antiEntropy']['ahead']
  const others = machines.length - 1
  const ranges = [...replica.seen.origins.values()].reduce((sum, state) => sum + state.ranges.length, 0)
  return [
    { what: 'members', count: membership.members.size, limit: others },
    { what: 'reachable peers', count: membership.reachable.size, limit: others },
    { what: 'members that may be ahead', count: ahead.size, limit: others },
    { what: 'askers', count: core!['repairServer']['askers'].size, limit: others },
    { what: 'extra heartbeats to come', count: core!['presence']['prompts'].length, limit: 3 },
    // A hole is a write that died with its writer, so there are no more ranges than writes.
    { what: 'ranges beyond holes', count: ranges, limit: ledger.all.length },
    { what: 'tombstones', count: replica.tombstones.size, limit: ledger.all.length },
    { what: 'requests without a receipt', count: node!['runtime']['adapter']!['awaited']['awaited'].size, limit: 8 },
  ]
}
