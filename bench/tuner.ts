/**
 * What the tuner reaches from bad starts, beside the best static setting by exhaustive sweep and other controllers, over the models of
 * src/sim/tuning. Prints the table of docs/tuning.md; bench/tuner-real.ts has the same over real work.
 *
 *     npm run bench:tuner                          the models: minutes
 *     npm run bench:tuner -- --only batching --seeds 20
 *     npm run bench:tuner -- --write               what was measured, into docs/tuning.md
 */
import { parseArgs } from 'node:util'
import { additiveIncrease, gradient2 } from '#sim/tuning/baselines'
import {
  type Comparison,
  compare,
  type PhaseOutcome,
  shareInDrift,
  WINDOWS_FROM_CHANGE,
  WINDOWS_FROM_START,
} from '#sim/tuning/comparison'
import { type Controller, doingNothing, tunerOf } from '#sim/tuning/controller'
import { drifting, steadyAt } from '#sim/tuning/course'
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
function shareText(ofSeeds: readonly number[]): string {
  const shares = ascending(ofSeeds)
  return `${percent(median(shares))} (${percent(shares[0]!)})`
}

function withinText(outcomes: readonly PhaseOutcome[]): string {
  const windows = outcomes.map(({ within }) => within ?? Number.POSITIVE_INFINITY)
  const text = (count: number) => (Number.isFinite(count) ? String(count) : 'never')
  return `${text(median(windows))} (${text(Math.max(...windows))})`
}

function rowsOf(workload: Workload): string[][] {
  const best = [bestStatic(workload, steadyAt(0), 1), bestStatic(workload, steadyAt(1), 1)] as const
  console.error(
    `${workload.name}: best of ${best[0].settings} settings ${JSON.stringify(best.map(({ values }) => values))}`,
  )
  return Object.entries(workload.starts).flatMap(([, start]) => {
    const runs = Object.values(CONTROLLERS).map((make) =>
      seeds.map((seed) => compare(workload, start, make(workload), [best[0].goodput, best[1].goodput], seed)),
    )
    const row = (what: string, setting: BestSetting, phase: keyof Comparison) => {
      const outcomes = runs.map((run) => run.map((one) => one[phase]))
      const [tuner, ...others] = outcomes.map((ofSeeds) => shareText(ofSeeds.map(({ share }) => share)))
      return [what, settingText(setting.values), tuner!, withinText(outcomes[0]!), ...others]
    }
    return [
      row(`${workload.name} from ${settingText(start)}`, best[0], 'fromStart'),
      row('… after the change', best[1], 'fromChange'),
    ]
  })
}

function driftRowsOf(workload: Workload): string[][] {
  const best = bestStatic(workload, drifting, 1)
  console.error(`${workload.name} in drift: best of ${best.settings} settings ${JSON.stringify(best.values)}`)
  return Object.values(workload.starts).map((start) => {
    const shares = Object.values(CONTROLLERS).map((make) =>
      seeds.map((seed) => shareInDrift(workload, start, make(workload), best.goodput, seed)),
    )
    return [`${workload.name} from ${settingText(start)}`, settingText(best.values), ...shares.map(shareText)]
  })
}

const head = ['workload', 'best static', 'tuner, %', 'reached in windows', 'Gradient2, %', 'AIMD, %', 'nothing, %']
const workloads = WORKLOADS.filter(({ name }) => name.includes(options.only))
const table = markdownTable(head, workloads.flatMap(rowsOf))
console.log(table)
const driftHead = head.filter((title) => title !== 'reached in windows')
const driftTable = markdownTable(driftHead, workloads.flatMap(driftRowsOf))
console.log(driftTable)
console.log(
  `${seeds.length} seeds; ${WINDOWS_FROM_START} windows to get there, ${WINDOWS_FROM_CHANGE} after the change.`,
)
if (options.write) {
  const page = new URL('../docs/tuning.md', import.meta.url)
  writeBetween(page, 'models', [table])
  writeBetween(page, 'drift', [driftTable])
}
