import pico from 'picocolors'
import type { Checker } from '#sim/checkers/checker'
import { chartSvg } from '#sim/report/chart'
import type { SimulationReport } from '#sim/report/report'
import { CHECKERS } from '#sim/run-schedule'
import type { Schedule } from '#sim/schedule'
import { observed } from '#sim/simulate'
import { createOutput, type Output, wantsColors } from '../output.ts'
import { saveText } from '../output-file.ts'
import { failureOf } from './failed-run.ts'
import { onInterrupt } from './interruption.ts'
import { ProgressBar, type ProgressStream } from './progress-bar.ts'
import { reportLines } from './report-text.ts'
import { runsLines } from './runs-text.ts'

/** One run, and the words of the command line that make it again. */
export interface PlannedRun {
  readonly schedule: Schedule
  readonly replay: string
}

export interface SimulationRequest {
  /** at least one */
  readonly runs: readonly PlannedRun[]
  readonly json: boolean
  /** file for the drawing of the first run */
  readonly svg?: string | undefined
  readonly checkers?: readonly Checker[]
}

/**
 * Runs schedules one after the other and tells what came of them.
 * @throws SIMULATION_FAILED at the first checker that is not content, after shrinking the schedule into a file;
 *   INTERRUPTED when its user ends it
 */
export async function runSimulations({ runs, json, svg, checkers = CHECKERS }: SimulationRequest): Promise<void> {
  const output = createOutput(json)
  const stream: ProgressStream = json ? NOWHERE : process.stderr
  const progress = new ProgressBar(stream, pico.createColors(wantsColors(process.stderr, json)))
  const reports: SimulationReport[] = []
  await onInterrupt(progress, async (signal) => {
    for (const { schedule, replay } of runs) {
      const onProgress = progress.of(`seed ${schedule.seed}`)
      const { outcome, report } = await observed(schedule, { checkers, onProgress, signal })
      progress.clear()
      reports.push(report)
      if (report.passed) continue
      print([report], output, runs.length > 1)
      throw await failureOf(outcome, replay, { progress, checkers, signal })
    }
  })
  if (svg !== undefined) await saveText(svg, chartSvg(reports[0]!))
  print(reports, output, runs.length > 1)
}

const NOWHERE: ProgressStream = { write: () => undefined }

function print(reports: readonly SimulationReport[], output: Output, many: boolean): void {
  if (output.json) return output.document(many ? reports : reports[0])
  const { colors } = output
  const [first, ...others] = reports
  const lines =
    others.length > 0 ? runsLines(reports, colors) : reportLines(first!, process.stdout.columns || 80, colors)
  for (const line of lines) output.line(line)
}
