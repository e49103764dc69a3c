/**
 * What the tuner reaches from bad starts, beside the best static setting by exhaustive sweep and other controllers, over the models of
 * src/sim/tuning and over real work. Prints the tables of docs/tuning.md.
 *
 *     npm run bench:tuner                          the models: minutes
 *     npm run bench:tuner -- --only batching --seeds 20
 *     npm run bench:tuner -- --real                real work, in real time: ten minutes
 *     npm run bench:tuner -- --write               what was measured, into docs/tuning.md
 */
import { parseArgs } from 'node:util'
import { additiveIncrease, gradient2 } from '#sim/tuning/baselines'
import {
  type Comparison,
  compare,
  type PhaseOutcome,
  WINDOWS_FROM_CHANGE,
  WINDOWS_FROM_START,
} from '#sim/tuning/comparison'
import { type Controller, doingNothing, tunerOf } from '#sim/tuning/controller'
import { type BestSetting, bestStatic } from '#sim/tuning/sweep'
import type { Values, Workload } from '#sim/tuning/workload'
import { WORKLOADS } from '#sim/tuning/workloads'
import { writeBetween } from './page.ts'
import { markdownTable } from './report.ts'
import { ascending, median } from './statistics.ts'

const CONTROLLERS: Readonly<Record<string, (workload: Workload) => Controller>> = {
  tuner: (workload) => tunerOf(workload),
  Gradient2: gradient2,
  AIMD: additiveIncrease,
  nothing: doingNothing,
}

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})

const seeds = Array.from({ length: Number(options.seeds) }, (_, index) => index + 1)
const percent = (share: number): string => String(Math.round(100 * share))
const settingText = (values: Values): string => Object.values(values).join(' × ')

/** The median of the seeds, and the worst in parentheses. */
function shareText(outcomes: readonly PhaseOutcome[]): string {
  const shares = ascending(outcomes.map(({ share }) => share))
  return `${percent(median(shares))} (${percent(shares[0]!)})`
}

function withinText(outcomes: readonly PhaseOutcome[]): string {
  const windows = outcomes.map(({ within }) => within ?? Number.POSITIVE_INFINITY)
  const text = (count: number) => (Number.isFinite(count) ? String(count) : 'never')
  return `${text(median(windows))} (${text(Math.max(...windows))})`
}

function rowsOf(workload: Workload): string[][] {
  const best = [bestStatic(workload, 0, 1), bestStatic(workload, 1, 1)] as const
  console.error(
    `${workload.name}: best of ${best[0].settings} settings ${JSON.stringify(best.map(({ values }) => values))}`,
  )
  return Object.entries(workload.starts).flatMap(([, start]) => {
    const runs = Object.values(CONTROLLERS).map((make) =>
      seeds.map((seed) => compare(workload, start, make(workload), [best[0].goodput, best[1].goodput], seed)),
    )
    const row = (what: string, setting: BestSetting, phase: keyof Comparison) => {
      const outcomes = runs.map((run) => run.map((one) => one[phase]))
      const [tuner, ...others] = outcomes
      return [what, settingText(setting.values), shareText(tuner!), withinText(tuner!), ...others.map(shareText)]
    }
    return [
      row(`${workload.name} from ${settingText(start)}`, best[0], 'fromStart'),
      row('… after the change', best[1], 'fromChange'),
    ]
  })
}

const head = ['workload', 'best static', 'tuner, %', 'reached in windows', 'Gradient2, %', 'AIMD, %', 'nothing, %']
const rows = WORKLOADS.filter(({ name }) => name.includes(options.only)).flatMap(rowsOf)
const table = markdownTable(head, rows)
console.log(table)
console.log(
  `${seeds.length} seeds; ${WINDOWS_FROM_START} windows to get there, ${WINDOWS_FROM_CHANGE} after the change.`,
)
if (options.write) writeBetween(new URL('../docs/tuning.md', import.meta.url), 'models', [table])
