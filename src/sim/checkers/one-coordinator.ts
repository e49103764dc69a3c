import type { RunView } from '../run-view.ts'
import type { Checker } from './checker.ts'

/** Whether every node follows the smallest. */
export function isLed({ machines }: RunView): boolean {
  const least = machines[0]!.name
  return machines.every(({ core }) => core !== undefined && core.election.coordinator === least)
}

/** After healing every node follows the same coordinator: the one with the smallest name. */
export const oneCoordinator: Checker = {
  name: 'one-coordinator',
  healed({ machines }) {
    const least = machines[0]!.name
    const wrong = machines.find(({ core }) => core!.election.coordinator !== least)
    if (wrong === undefined) return undefined
    return {
      node: wrong.name,
      what: `${wrong.name} follows ${wrong.core!.election.coordinator ?? 'nobody'}, not ${least}`,
    }
  },
}
