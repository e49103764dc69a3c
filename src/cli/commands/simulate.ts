import type { Command } from 'commander'
import { jsonOption } from '../agent-command.ts'
import { usageFailure } from '../failure.ts'
import { integerOption } from '../options.ts'

interface SimulateOptions {
  readonly seed: number
  readonly scenario?: string[]
  readonly write?: boolean
  readonly json?: boolean
}

export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .description('play a mesh in simulated time: real nodes, a simulated network, everything from one seed')
    .option('--seed <n>', 'decides everything that is drawn', integerOption, 1)
    .option('--scenario <file...>', 'play scenarios and compare what they print with what they say')
    .option('--write', 'with --scenario: put what was printed into the files')
    .addOption(jsonOption())
    .action(async ({ seed, scenario, write = false, json = false }: SimulateOptions) => {
      if (scenario === undefined) throw usageFailure('--scenario FILE is missing')
      const { playScenarios } = await import('../simulate/scenarios.ts')
      await playScenarios({ files: scenario, write, seed, json })
    })
}
