/**
 * The tuner over real work, in real time: two nodes with worker threads and a service that has a capacity. Five minutes.
 *
 *     npm run bench:tuner:real [-- --only batches] [-- --write]
 */
import { parseArgs } from 'node:util'
import { meanGoodput } from '#sim/tuning/comparison'
import type { Values } from '#sim/tuning/workload'
import { describeMachine, machineLine } from './machine.ts'
import { writeBetween } from './page.ts'
import { REAL_WORKLOADS, RealWork, type RealWorkload } from './real-work.ts'
import { markdownTable } from './report.ts'

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

const WINDOWS_FROM_START = 30
const WINDOWS_FROM_CHANGE = 20
const WINDOWS_HELD = 10
const SWEPT_WINDOWS = 1
const FINALISTS = 3

const textOf = (values: Values): string => `${values['work.batch_size']} × ${values['work.concurrency']}`
const percent = (goodput: number, best: number): string => String(Math.round((100 * goodput) / best))

interface Swept {
  readonly values: Values
  readonly goodput: number
}

/** Each setting for a while, the best ones for longer. */
async function swept(workload: RealWorkload, changed: boolean): Promise<readonly Swept[]> {
  const work = new RealWork(workload)
  await work.start(workload.starts[0]!, false)
  if (changed) work.change()
  const measure = async (values: Values, windows: number) => {
    await work.set(values)
    await work.windows(1)
    return { values, goodput: meanGoodput(await work.windows(windows)) }
  }
  const all: Swept[] = []
  for (const values of workload.settings) all.push(await measure(values, SWEPT_WINDOWS))
  all.sort((a, b) => b.goodput - a.goodput)
  const finalists: Swept[] = []
  for (const { values } of all.slice(0, FINALISTS)) finalists.push(await measure(values, WINDOWS_HELD))
  await work.stop()
  return finalists.sort((a, b) => b.goodput - a.goodput)
}

async function rowsOf(workload: RealWorkload): Promise<string[][]> {
  const best = [(await swept(workload, false))[0]!, (await swept(workload, true))[0]!] as const
  const rows: string[][] = []
  for (const start of workload.starts) {
    const nothing = new RealWork(workload)
    await nothing.start(start, false)
    await nothing.windows(1)
    const idle = meanGoodput(await nothing.windows(WINDOWS_HELD))
    await nothing.stop()
    const work = new RealWork(workload)
    await work.start(start, true)
    await work.windows(WINDOWS_FROM_START)
    const before = meanGoodput(await work.windows(WINDOWS_HELD))
    const settled = work.values
    work.change()
    await work.windows(WINDOWS_FROM_CHANGE)
    const after = meanGoodput(await work.windows(WINDOWS_HELD))
    rows.push(
      [
        `${workload.name} from ${textOf(start)}`,
        textOf(best[0].values),
        settled,
        percent(before, best[0].goodput),
        percent(idle, best[0].goodput),
      ],
      ['… after the change', textOf(best[1].values), work.values, percent(after, best[1].goodput), ''],
    )
    console.error(rows.slice(-2).join('\n'))
    await work.stop()
  }
  return rows
}

const rows: string[][] = []
for (const workload of REAL_WORKLOADS) if (workload.name.includes(options.only)) rows.push(...(await rowsOf(workload)))
const table = markdownTable(['workload', 'best static', 'tuner came to', 'tuner, %', 'nothing, %'], rows)
const lines = [table, '', `Measured on: ${machineLine(describeMachine())}.`]
console.log(lines.join('\n'))
if (options.write) writeBetween(new URL('../docs/tuning.md', import.meta.url), 'real', lines)
