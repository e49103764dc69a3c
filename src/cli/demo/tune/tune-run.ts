import { createOutput, duration, type Output } from '../../output.ts'
import { agreement } from '../agreement.ts'
import { withCluster } from '../run.ts'
import type { CoursePoint, SeenAdjustment } from './course.ts'
import { LiveTune } from './live-tune.ts'
import { LOADS, type PhaseOutcome, TuneDemo } from './tune-demo.ts'
import { adjustmentText, outcomeText, pointText } from './tune-text.ts'

const TUNE_WINDOWS_MAX = 220
const AGREE_MS_MAX = 20_000

/** One load after another, without a terminal. Resolves only if the tuner met its goal under each, and every node holds the same values. */
export async function runTuneOnce(count: number, json: boolean): Promise<void> {
  const output = createOutput(json)
  const startedAt = performance.now()
  const demo: TuneDemo = new TuneDemo(count, json ? SILENT : printed(output, () => demo.goalMs))
  const phases: PhaseOutcome[] = []
  await withCluster(demo.cluster, TUNE_WINDOWS_MAX * demo.windowSeconds * 1_000, async (interrupted) => {
    try {
      await demo.start(interrupted)
      if (!json) printStart(output, demo)
      for (const clients of LOADS) {
        if (!json) output.line(`${clients} clients at each of ${count} nodes`)
        const outcome = await demo.phase(clients)
        phases.push(outcome)
        if (!json) output.line(outcomeText(outcome, demo.goalMs))
      }
      await agreement(demo.cluster.nodes, AGREE_MS_MAX)
    } finally {
      demo.stop()
    }
  })
  const { points, adjustments } = demo.course
  const tookMs = performance.now() - startedAt
  const seen = adjustments.map(({ seenBy, ...adjustment }) => ({ ...adjustment, seenBy: [...seenBy].sort() }))
  if (json)
    return output.document({ met: true, goalMs: demo.goalMs, nodes: count, tookMs, phases, adjustments: seen, points })
  const { colors } = output
  output.line(
    `${colors.green('The goal is met under every load, and every node holds the same values.')} ${duration(tookMs)} in all.`,
  )
}

/** The live plot, until its user quits. */
export async function runTune(count: number): Promise<void> {
  const live = new LiveTune(count)
  await withCluster(live.demo.cluster, undefined, (interrupted) => live.run(interrupted))
}

const SILENT = { onPoint: () => undefined, onAdjustment: () => undefined }

function printStart(output: Output, { cluster, goalMs }: TuneDemo): void {
  output.line(
    `${cluster.nodes.length} nodes, each with a worker pool; one downstream for all; goal: p95 of a job at most ${goalMs} ms`,
  )
}

const printed = ({ colors, line }: Output, goalMs: () => number) => ({
  onPoint: (point: CoursePoint) => line(colors.dim(pointText(point, goalMs()))),
  onAdjustment: (adjustment: SeenAdjustment) => line(`${' '.repeat(6)}${adjustmentText(adjustment)}`),
})
