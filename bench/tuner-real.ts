/**
 * The tuner over real work, in real time, beside the best static setting by sweep and other controllers: two nodes with worker threads
 * and a service that has a capacity. Ten minutes for each of the two workloads.
 *
 *     npm run bench:tuner:real [-- --only batches] [-- --write]
 */
import { parseArgs } from 'node:util'
import { additiveIncrease, gradient2 } from '#sim/tuning/baselines'
import {
  meanGoodput,
  outcomeOf,
  type PhaseOutcome,
  WINDOWS_FROM_CHANGE,
  WINDOWS_FROM_START,
  WINDOWS_REACHED,
} from '#sim/tuning/comparison'
import type { Values } from '#sim/tuning/workload'
import { describeMachine, machineCpuMs, machineLine, ownCpuMs } from './machine.ts'
import { writeBetween } from './page.ts'
import { RealWork } from './real-work.ts'
import { REAL_WORKLOADS, type RealWorkload, settingsOf, textOf } from './real-workloads.ts'
import { markdownTable } from './report.ts'

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

/** After a change of values what was begun before ends, and counts nowhere. */
const WINDOWS_SETTLING = 1
const WINDOWS_SWEPT = 1
const WINDOWS_FINAL = 6
const FINALISTS = 4
/** A setting that is measured beside the controllers' runs. */
const WINDOWS_BESIDE = 5

type BothLoads<T> = readonly [before: T, after: T]

/** What a static setting reaches under the first load, and one under the second. */
async function staticGoodputs(workload: RealWorkload, settings: BothLoads<Values>): Promise<BothLoads<number>> {
  const work = new RealWork(workload)
  await work.start(settings[0], 'nobody')
  await work.windows(WINDOWS_SETTLING)
  const before = meanGoodput(await work.windows(WINDOWS_BESIDE))
  work.change()
  await work.set(settings[1])
  await work.windows(WINDOWS_SETTLING)
  const after = meanGoodput(await work.windows(WINDOWS_BESIDE))
  await work.stop()
  return [before, after]
}

/** Each setting for a while, the best ones for longer. */
async function bestSetting(workload: RealWorkload, changed: boolean): Promise<Values> {
  const work = new RealWork(workload)
  await work.start(workload.starts[0]!, 'nobody')
  if (changed) work.change()
  const measured = async (settings: readonly Values[], windows: number): Promise<Values[]> => {
    const all: { readonly values: Values; readonly goodput: number }[] = []
    for (const values of settings) {
      await work.set(values)
      await work.windows(WINDOWS_SETTLING)
      all.push({ values, goodput: meanGoodput(await work.windows(windows)) })
    }
    return all.sort((a, b) => b.goodput - a.goodput).map(({ values }) => values)
  }
  const swept = await measured(settingsOf(workload), WINDOWS_SWEPT)
  const finalists = await measured(swept.slice(0, FINALISTS), WINDOWS_FINAL)
  await work.stop()
  return finalists[0]!
}

interface Run {
  /** the best static setting around this run, each time that it was measured */
  readonly best: BothLoads<readonly number[]>
  readonly cameTo: BothLoads<string>
  readonly outcomes: BothLoads<PhaseOutcome>
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length

/** One controller, between two measurements of the best static setting: the speed of a machine drifts. */
async function run(
  workload: RealWorkload,
  start: Values,
  by: Parameters<RealWork['start']>[1],
  settings: BothLoads<Values>,
  bestBefore: BothLoads<number>,
): Promise<Run> {
  const work = new RealWork(workload)
  await work.start(start, by)
  const first = await work.windows(WINDOWS_FROM_START + WINDOWS_REACHED)
  const firstValues = textOf(work.values)
  work.change()
  const second = await work.windows(WINDOWS_FROM_CHANGE + WINDOWS_REACHED)
  const secondValues = textOf(work.values)
  await work.stop()
  const bestAfter = await staticGoodputs(workload, settings)
  const best = [
    [bestBefore[0], bestAfter[0]],
    [bestBefore[1], bestAfter[1]],
  ] as const
  return {
    best,
    cameTo: [firstValues, secondValues],
    outcomes: [
      outcomeOf(first, WINDOWS_FROM_START, mean(best[0])),
      outcomeOf(second, WINDOWS_FROM_CHANGE, mean(best[1])),
    ],
  }
}

const percent = (share: number): string => String(Math.round(100 * share))
const perSecond = (goodputs: readonly number[]): string =>
  goodputs.map((goodput) => Math.round(goodput).toLocaleString('en')).join(', ')

async function rowsFrom(workload: RealWorkload, start: Values, settings: BothLoads<Values>): Promise<string[][]> {
  const nothing = await staticGoodputs(workload, [start, start])
  const runs: Run[] = []
  let best = await staticGoodputs(workload, settings)
  for (const by of ['tuner', gradient2(workload), additiveIncrease(workload)] as const) {
    const one = await run(workload, start, by, settings, best)
    best = [one.best[0].at(-1)!, one.best[1].at(-1)!]
    runs.push(one)
  }
  const tuner = runs[0]!
  return ([0, 1] as const).map((load) => [
    load === 0 ? `${workload.name} from ${textOf(start)}` : '… after the change',
    textOf(settings[load]),
    perSecond(tuner.best[load]),
    tuner.cameTo[load],
    percent(tuner.outcomes[load].share),
    String(tuner.outcomes[load].within ?? 'never'),
    ...runs.slice(1).map(({ outcomes }) => percent(outcomes[load].share)),
    percent(nothing[load] / mean(tuner.best[load])),
  ])
}

const HEAD = [
  'workload',
  'best static',
  'its throughput before, after the run',
  'tuner came to',
  'tuner, %',
  'reached in windows',
  'Gradient2, %',
  'AIMD, %',
  'nothing, %',
]

/** How many cores other processes used since; it disturbs what is measured. */
function otherLoad(): () => string {
  const othersMs = () => machineCpuMs() - ownCpuMs()
  const [sinceMs, usedMs] = [performance.now(), othersMs()]
  return () => ((othersMs() - usedMs) / (performance.now() - sinceMs)).toFixed(1)
}

for (const workload of REAL_WORKLOADS) {
  if (!workload.name.includes(options.only)) continue
  const coresOfOthers = otherLoad()
  const settings = [await bestSetting(workload, false), await bestSetting(workload, true)] as const
  console.error(`${workload.name}: best of ${settingsOf(workload).length} settings: ${settings.map(textOf).join(', ')}`)
  const rows: string[][] = []
  for (const start of workload.starts) {
    rows.push(...(await rowsFrom(workload, start, settings)))
    console.error(rows.slice(-2).join('\n'))
  }
  const measuredOn = `Measured on: ${machineLine(describeMachine())}; other processes used ${coresOfOthers()} cores meanwhile.`
  const lines = [markdownTable(HEAD, rows), '', measuredOn]
  console.log(lines.join('\n'))
  if (options.write) writeBetween(new URL('../docs/tuning.md', import.meta.url), `real ${workload.name}`, lines)
}
