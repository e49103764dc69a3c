import { runScenario, type ScenarioDifference, type ScenarioResult } from '#sim/scenario/run-scenario'
import { failure } from '../failure.ts'
import { readInput } from '../input-file.ts'
import { createOutput, type Output } from '../output.ts'
import { saveText } from '../output-file.ts'

export interface ScenarioRequest {
  readonly files: readonly string[]
  /** puts what was printed into the files */
  readonly write: boolean
  readonly seed: number
  readonly json: boolean
}

/**
 * Plays scenarios one after the other.
 * @throws SCENARIO_DIFFERS when any printed something else than it says, unless that was to be written
 */
export async function playScenarios({ files, write, seed, json }: ScenarioRequest): Promise<void> {
  const output = createOutput(json)
  const results: ScenarioResult[] = []
  for (const file of files) {
    const text = await readInput(file)
    const result = await runScenario(text, { name: file, seed })
    results.push(result)
    if (write && result.text !== text) await writeText(file, result.text)
    if (!json) printResult(output, result, write)
  }
  if (json) output.document(results.map(({ name, passed, differences }) => ({ name, passed, differences })))
  const failed = results.filter(({ passed }) => !passed)
  if (failed.length > 0 && !write)
    throw failure(
      'SCENARIO_DIFFERS',
      `${failed.length} of ${results.length}: ${failed.map(({ name }) => name).join(', ')}`,
    )
}

async function writeText(file: string, text: string): Promise<void> {
  if (file === '-') process.stdout.write(text)
  else await saveText(file, text)
}

function printResult({ line, colors }: Output, { name, differences }: ScenarioResult, written: boolean): void {
  if (differences.length === 0) return line(`${colors.green('✔')} ${name}`)
  if (written) return line(`${colors.yellow('✎')} ${name}: ${differences.length} blocks written`)
  line(`${colors.red('✘')} ${name}`)
  for (const difference of differences) for (const text of differenceLines(difference)) line(colored(text, colors))
}

/** The commands, then what the file says (-) and what was printed (+). */
function* differenceLines({ line, commands, expected, printed }: ScenarioDifference): Generator<string> {
  yield `  line ${line}:`
  for (const command of commands) yield `    ${command}`
  for (const text of expected ?? []) if (!printed.includes(text)) yield `  - ${text}`
  for (const text of printed) yield expected?.includes(text) ? `    ${text}` : `  + ${text}`
}

const colored = (text: string, colors: Output['colors']): string =>
  text.startsWith('  - ') ? colors.red(text) : text.startsWith('  + ') ? colors.green(text) : text
