import { ConfigSyncError } from '#core/errors'
import type { Objective } from '../objective.ts'
import type { TuningStrategy } from '../strategy.ts'
import { gradientStrategy } from './gradient.ts'
import { localSearchStrategy } from './local-search.ts'
import { rulesStrategy } from './rules.ts'

const BUILT_IN: readonly TuningStrategy[] = [rulesStrategy, gradientStrategy, localSearchStrategy]

/** @throws ConfigSyncError OBJECTIVE_INVALID: no strategy of that name */
export function strategyNamed(
  { name, strategy: wanted = rulesStrategy.name }: Objective,
  own: readonly TuningStrategy[],
) {
  const found = [...own, ...BUILT_IN].find((strategy) => strategy.name === wanted)
  if (found !== undefined) return found
  const names = [...own, ...BUILT_IN].map((strategy) => strategy.name).join(', ')
  throw new ConfigSyncError('OBJECTIVE_INVALID', `objective ${name}: no strategy ${wanted}; there are ${names}`)
}
