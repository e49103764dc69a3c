import { ScenarioFault } from './fault.ts'
import {
  parseScenario,
  type Scenario,
  type ScenarioBlock,
  type ScenarioStep,
  scenarioInvalid,
  scenarioText,
} from './parser.ts'
import { Stage } from './stage.ts'

export interface ScenarioOptions {
  /** for messages; default `scenario` */
  readonly name?: string
  /** default 1 */
  readonly seed?: number
}

/** A block that printed something else than the file says. */
export interface ScenarioDifference {
  /** of the block's first line, from 1 */
  readonly line: number
  readonly commands: readonly string[]
  /** undefined when the file does not say yet */
  readonly expected: readonly string[] | undefined
  readonly printed: readonly string[]
}

export interface ScenarioResult {
  readonly name: string
  readonly passed: boolean
  readonly differences: readonly ScenarioDifference[]
  /** the scenario with what was printed this time */
  readonly text: string
}

/** What a block without output prints, so that a block is never mistaken for an unfinished one. */
const NOTHING_TO_SAY = 'ok'

/**
 * Plays a scenario on real nodes over a simulated network in virtual time, and compares what it prints with what it says.
 * The same text and seed give the same result on every machine.
 * @throws ConfigSyncError SCENARIO_INVALID naming the line, when it cannot be read or asks for what cannot be
 */
export async function runScenario(text: string, options: ScenarioOptions = {}): Promise<ScenarioResult> {
  const scenario = parseScenario(text, options.name ?? 'scenario')
  const stage = new Stage(options.seed ?? 1)
  try {
    const outputs = new Map<ScenarioBlock, readonly string[]>()
    for (const part of scenario.parts) {
      if (typeof part === 'string') continue
      outputs.set(part, await play(part, scenario, stage))
    }
    stage.mesh.assertSound()
    return resultOf(scenario, outputs)
  } finally {
    await stage.stop()
  }
}

async function play({ steps }: ScenarioBlock, { name }: Scenario, stage: Stage): Promise<readonly string[]> {
  const printed: string[] = []
  for (const step of steps) {
    printed.push(...(await perform(step, name, stage)))
    printed.push(...stage.takeNotices())
  }
  return printed.length > 0 ? printed : [NOTHING_TO_SAY]
}

async function perform({ act, line }: ScenarioStep, name: string, stage: Stage): Promise<readonly string[]> {
  try {
    return await act(stage)
  } catch (error) {
    if (error instanceof ScenarioFault) throw scenarioInvalid(name, line, error.message)
    throw error
  }
}

function resultOf(scenario: Scenario, outputs: ReadonlyMap<ScenarioBlock, readonly string[]>): ScenarioResult {
  const differences: ScenarioDifference[] = []
  for (const [{ line, written, expected }, printed] of outputs)
    if (expected?.join('\n') !== printed.join('\n')) differences.push({ line, commands: written, expected, printed })
  const { name } = scenario
  return { name, passed: differences.length === 0, differences, text: scenarioText(scenario, outputs) }
}
