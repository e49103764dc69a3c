import { type Command, InvalidArgumentError } from 'commander'
import { FAULT_KINDS, type FaultKind } from '#sim/fault-episodes'
import { jsonOption } from '../agent-command.ts'
import { usageFailure } from '../failure.ts'
import { integerOption, positiveIntegerOption } from '../options.ts'
import { addPlanOptions, type PlanOptions } from '../simulate/plan-options.ts'

export interface SimulateOptions extends PlanOptions {
  readonly seed: number
  readonly runs: number
  readonly faults?: readonly FaultKind[]
  readonly harsh?: boolean
  readonly schedule?: string
  readonly scenario?: string[]
  readonly write?: boolean
  readonly svg?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  configsync simulate --nodes 1000 --loss 0.2 --seed 42      your mesh and your network
  configsync simulate --nodes 16 --harsh --runs 10           a bad week, ten times
  configsync simulate --faults all --runs 100                random schedules of every kind of fault
  configsync simulate --scenario story.txt                   a story and what it prints`

export function registerSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description(
      'watch a mesh of your size survive your faults: real nodes in simulated time, everything from one seed',
    )
    .option('--seed <n>', 'decides everything that is drawn', integerOption, 1)
    .option('--runs <n>', 'as many runs, with this seed and those after it', positiveIntegerOption, 1)
  addPlanOptions(command)
    .option('--harsh', 'every kind of fault at a moderate rate, where no flag says otherwise')
    .option(
      '--faults <kinds>',
      `random schedules of these faults instead: all, or ${FAULT_KINDS.join(',')}`,
      faultsOption,
    )
    .option('--schedule <file>', 'run a schedule that was written as JSON')
    .option('--scenario <file...>', 'play scenarios and compare what they print with what they say')
    .option('--write', 'with --scenario: put what was printed into the files')
    .option('--svg <file>', 'draw how writes spread')
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(perform)
}

function faultsOption(text: string): readonly FaultKind[] {
  if (text === 'all') return FAULT_KINDS
  const kinds = text.split(',')
  const unknown = kinds.find((kind) => !FAULT_KINDS.includes(kind as FaultKind))
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no fault ${unknown}.`)
  return kinds as FaultKind[]
}

async function perform(options: SimulateOptions): Promise<void> {
  const { schedule, scenario, faults, svg, json = false } = options
  if ([schedule, scenario, faults].filter((given) => given !== undefined).length > 1)
    throw usageFailure('--faults, --schedule and --scenario are three ways to say what happens; give one')
  if (scenario !== undefined) {
    const { playScenarios } = await import('../simulate/scenarios.ts')
    return playScenarios({ files: scenario, write: options.write === true, seed: options.seed, json })
  }
  const { plannedRuns } = await import('../simulate/planned-runs.ts')
  const { runSimulations } = await import('../simulate/run.ts')
  await runSimulations({ runs: await plannedRuns(options), svg, json })
}
